//! Closed vocabularies read from their columns: the word becomes its value, and a word that is none is an error that names it.

use case_model::{Algorithm, Disposition, HitClass, HitDisposition};
use rusqlite::Row;
use rusqlite::types::Type;
use thiserror::Error;

/// A word in a column that this program does not know: the file was edited, or made by a newer program.
#[derive(Debug, Error)]
#[error(
    "column {column} has the unknown word {word:?}; a file of this layout has none: check it with `athar case check`"
)]
struct UnknownWord {
    column: String,
    word: String,
}

/// A closed vocabulary of a column.
pub(crate) trait ClosedWord: Sized {
    /// Returns the value of a word.
    fn of(word: &str) -> Option<Self>;
}

impl ClosedWord for Disposition {
    fn of(word: &str) -> Option<Self> {
        Self::from_key(word)
    }
}

impl ClosedWord for HitDisposition {
    fn of(word: &str) -> Option<Self> {
        Self::from_key(word)
    }
}

impl ClosedWord for HitClass {
    fn of(word: &str) -> Option<Self> {
        Self::from_key(word)
    }
}

impl ClosedWord for Algorithm {
    fn of(word: &str) -> Option<Self> {
        Self::from_key(word)
    }
}

/// Returns the value of the word in a column.
///
/// # Errors
/// That the column has another type or an unknown word.
pub(crate) fn word<T: ClosedWord>(row: &Row<'_>, column: usize) -> Result<T, rusqlite::Error> {
    let text: String = row.get(column)?;
    T::of(&text).ok_or_else(|| {
        let name = row.as_ref().column_name(column).unwrap_or("?").to_owned();
        let unknown = UnknownWord { column: name, word: text };
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(unknown))
    })
}
