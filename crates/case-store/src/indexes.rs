//! Secondary indexes.

use crate::{CaseFile, StoreError};

impl CaseFile {
    /// Builds the indexes that `find` answers from, where they are not there yet, and lets SQLite look at what they hold.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn build_indexes(&self) -> Result<(), StoreError> {
        self.connection.execute_batch(include_str!("schema/indexes.sql"))?;
        Ok(self.connection.execute_batch("PRAGMA analysis_limit = 400; PRAGMA optimize = 0x10002")?)
    }
}
