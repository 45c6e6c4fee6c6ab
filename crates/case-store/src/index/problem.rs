//! Problems of evidence: what is wrong, or worth knowing.

use rusqlite::{Connection, params};
use words::{Language, Statement};

use crate::file::error::StoreError;
use crate::file::ids::{FileSystemId, ImageId};
use crate::file::integers::integer;

/// Something wrong, or worth knowing.
#[derive(Clone, Debug)]
pub struct ProblemRow {
    /// Record number, where it concerns one.
    pub number: Option<u64>,
    /// Does it cost evidence?
    pub damage: bool,
    /// Structure.
    pub structure: &'static str,
    /// Byte offset on the medium (or in the container file).
    pub at: Option<u64>,
    /// What is wrong, with its values.
    pub what: Statement,
}

/// A problem as the index holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredProblem {
    /// Structure.
    pub structure: String,
    /// Byte offset on the medium (or in the container file).
    pub at: Option<u64>,
    /// The stored form of what is wrong; of an old case the whole sentence.
    pub what: String,
}

impl StoredProblem {
    /// Returns the whole sentence.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        words::problem_text(&self.structure, self.at, &self.what, language)
    }
}

/// Writes a problem of an image, or of a file system of it.
pub(crate) fn insert_problem(
    connection: &Connection,
    image: ImageId,
    file_system: Option<FileSystemId>,
    problem: &ProblemRow,
) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO problem (image, file_system, number, severity, structure, at, statement) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let severity = if problem.damage { "damage" } else { "note" };
    insert.execute(params![
        image,
        file_system,
        problem.number.map(integer),
        severity,
        problem.structure,
        problem.at.map(integer),
        problem.what.encode()
    ])?;
    Ok(())
}
