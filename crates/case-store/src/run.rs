//! Runs of the program over a case.

use rusqlite::params;

use crate::{CaseFile, StoreError};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Everything was accounted for.
    Complete,
    /// It came to its end, but something could not be read or does not reconcile.
    Incomplete,
    /// It could not do its work.
    Failed,
}

impl RunState {
    /// The word in columns.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
        }
    }
}

impl CaseFile {
    /// Records that a run began. Call within [`CaseFile::transaction`] together with its ledger entry.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn insert_run(
        connection: &rusqlite::Connection,
        started_ns: i64,
        configuration: &str,
    ) -> Result<i64, StoreError> {
        connection.execute(
            "INSERT INTO run (started, state, configuration) VALUES (?1, 'running', ?2)",
            params![started_ns, configuration],
        )?;
        Ok(connection.last_insert_rowid())
    }

    /// Records how a run ended.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn finish_run(
        connection: &rusqlite::Connection,
        run: i64,
        finished_ns: i64,
        state: RunState,
    ) -> Result<(), StoreError> {
        connection.execute(
            "UPDATE run SET finished = ?2, state = ?3 WHERE id = ?1",
            params![run, finished_ns, state.key()],
        )?;
        Ok(())
    }
}
