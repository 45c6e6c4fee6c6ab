//! Runs of the program over a case.

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use rusqlite::{OptionalExtension, params};

use crate::case::case_file::CaseFile;
use crate::case::transaction::CaseTransaction;
use crate::file::error::StoreError;
use crate::file::ids::RunId;
use crate::file::stored_path::stored_path;

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

/// A run that did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterruptedRun {
    /// When it began, in nanoseconds since 1970 UTC.
    pub started_ns: i64,
    /// Its configuration, a JSON object.
    pub configuration: String,
    /// What it was asked to scan; empty when an older version of the program began it.
    pub items: Vec<PathBuf>,
}

impl CaseTransaction<'_> {
    /// Records that a run began.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn insert_run(
        &mut self,
        started_ns: i64,
        configuration: &str,
    ) -> Result<RunId, StoreError> {
        self.connection.execute(
            "INSERT INTO run (started, state, configuration) VALUES (?1, 'running', ?2)",
            params![started_ns, configuration],
        )?;
        Ok(RunId::from_number(self.connection.last_insert_rowid()))
    }

    /// Records what a run was asked to scan. Runs that were interrupted and whose items are all among these are taken over: they have failed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn insert_run_items(&mut self, run: RunId, items: &[PathBuf]) -> Result<(), StoreError> {
        let mut insert = self
            .connection
            .prepare_cached("INSERT INTO run_item (run, ordinal, path) VALUES (?1, ?2, ?3)")?;
        for (ordinal, item) in (0_i64..).zip(items) {
            insert.execute(params![run, ordinal, item.as_os_str().as_bytes()])?;
        }
        self.connection.execute(
            "UPDATE run SET state = 'failed' WHERE state = 'running' AND id <> ?1 AND NOT EXISTS \
             (SELECT 1 FROM run_item i WHERE i.run = run.id AND i.path NOT IN (SELECT path FROM run_item WHERE run = ?1))",
            [run],
        )?;
        Ok(())
    }

    /// Records how a run ended.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn finish_run(
        &mut self,
        run: RunId,
        finished_ns: i64,
        state: RunState,
    ) -> Result<(), StoreError> {
        self.connection.execute(
            "UPDATE run SET finished = ?2, state = ?3 WHERE id = ?1",
            params![run, finished_ns, state.key()],
        )?;
        Ok(())
    }
}

impl CaseFile {
    /// The youngest run that did not come to its end (or has not yet), and was not taken over by a later one.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn interrupted_run(&self) -> Result<Option<InterruptedRun>, StoreError> {
        let query = "SELECT id, started, configuration FROM run WHERE state = 'running' ORDER BY id DESC LIMIT 1";
        let found = self
            .connection
            .query_row(query, [], |row| {
                Ok((row.get::<_, RunId>(0)?, row.get(1)?, row.get::<_, String>(2)?))
            })
            .optional()?;
        let Some((run, started_ns, configuration)) = found else { return Ok(None) };
        let mut select =
            self.connection.prepare("SELECT path FROM run_item WHERE run = ?1 ORDER BY ordinal")?;
        let items = select
            .query_map([run], |row| Ok(stored_path(row.get(0)?)))?
            .collect::<Result<_, _>>()?;
        Ok(Some(InterruptedRun { started_ns, configuration, items }))
    }
}
