//! Secondary indexes.

use case_model::StopToken;
use rusqlite::Connection;

use crate::case::case_file::CaseFile;
use crate::file::error::StoreError;
use crate::file::stoppable::stoppable;

impl CaseFile {
    /// Builds the indexes that `find` answers from, where they are not there yet, and lets SQLite look at what they hold.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn build_indexes(&self) -> Result<(), StoreError> {
        build(&self.connection)
    }

    /// As [`CaseFile::build_indexes`], until `stop` is requested. Indexes that are complete then remain.
    ///
    /// # Errors
    /// What SQLite says; [`StoreError::is_stopped`] after a stop.
    pub fn build_indexes_unless_stopped(&mut self, stop: &StopToken) -> Result<(), StoreError> {
        stoppable(&mut self.connection, stop, |connection, _| build(connection))
    }
}

fn build(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch(include_str!("../file/schema/indexes.sql"))?;
    Ok(connection.execute_batch("PRAGMA analysis_limit = 400; PRAGMA optimize = 0x10002")?)
}
