//! One transaction of a case: its ledger entry and the rows that the entry speaks of.

use rusqlite::Connection;

use super::case_file::CaseFile;
use crate::file::error::StoreError;
use crate::file::stoppable::stoppable;
use crate::file::transaction::in_transaction;
use crate::ledger::rows::Ledger;

/// A case within a transaction. What is written through it is committed together with the ledger's entry, or not at all.
pub struct CaseTransaction<'c> {
    pub(crate) connection: &'c Connection,
    ledger: Ledger<'c>,
}

impl<'c> CaseTransaction<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, ledger: Ledger::new(connection) }
    }

    /// Returns the custody ledger of the case.
    pub fn ledger(&mut self) -> &mut Ledger<'c> {
        &mut self.ledger
    }
}

impl CaseFile {
    /// Does `work` in one transaction: all that it writes is there afterwards, or nothing.
    ///
    /// # Errors
    /// What `work` or SQLite says; nothing has happened then.
    pub fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut CaseTransaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        in_transaction(&self.connection, |connection| work(&mut CaseTransaction::new(connection)))
    }

    /// As [`CaseFile::transaction`]; when `stop` is requested before `work` has ended, SQLite gives it up and nothing is committed.
    ///
    /// # Errors
    /// What SQLite or `work` says; [`StoreError::is_stopped`] after a stop.
    pub fn transaction_unless_stopped<T>(
        &mut self,
        stop: &case_model::StopToken,
        work: impl FnOnce(&mut CaseTransaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        stoppable(&mut self.connection, stop, |connection, looks| {
            looks.pause();
            in_transaction(connection, |connection| {
                looks.resume();
                let done = work(&mut CaseTransaction::new(connection));
                // A commit is never given up.
                looks.pause();
                done
            })
        })
    }
}
