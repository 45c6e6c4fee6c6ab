//! The words that a case holds, to compare a question with.

use crate::case::case_file::CaseFile;
use crate::file::error::StoreError;

impl CaseFile {
    /// Returns the content types of the case, in the order of the alphabet.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn content_types(&self) -> Result<Vec<String>, StoreError> {
        self.words(
            "SELECT DISTINCT content_type FROM entry WHERE content_type IS NOT NULL ORDER BY content_type",
        )
    }

    /// Returns the names of the hash sets that the case knows hits of.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_names(&self) -> Result<Vec<String>, StoreError> {
        self.words("SELECT DISTINCT name FROM hash_set ORDER BY name")
    }

    fn words(&self, query: &str) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(query)?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}
