//! One transaction of a case: its ledger entry and the rows that the entry speaks of.

use rusqlite::Connection;

use super::case_file::CaseFile;
use super::countersign::countersigned;
use crate::file::error::StoreError;
use crate::file::row_chain::{ResumeKey, WrittenRows};
use crate::file::stoppable::stoppable;
use crate::file::transaction::in_transaction;
use crate::ledger::rows::Ledger;

/// A case within a transaction. What is written through it is committed together with the ledger's entry, or not at all.
pub struct CaseTransaction<'c> {
    pub(crate) connection: &'c Connection,
    ledger: Ledger<'c>,
    pub(crate) resume_key: Option<ResumeKey>,
    /// What the writer of this transaction's rows has chained.
    pub(crate) written: Option<&'c mut WrittenRows>,
}

impl<'c> CaseTransaction<'c> {
    pub(crate) fn new(connection: &'c Connection, resume_key: Option<ResumeKey>) -> Self {
        Self { connection, ledger: Ledger::new(connection), resume_key, written: None }
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
        let Self { connection, countersign, resume_key, .. } = self;
        in_transaction(connection, |connection| {
            countersigned(countersign, connection, || {
                work(&mut CaseTransaction::new(connection, *resume_key))
            })
        })
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
        let Self { connection, countersign, resume_key, .. } = self;
        stoppable(connection, stop, |connection, looks| {
            looks.pause();
            in_transaction(connection, |connection| {
                countersigned(countersign, connection, || {
                    looks.resume();
                    let done = work(&mut CaseTransaction::new(connection, *resume_key));
                    // A signature and a commit are never given up.
                    looks.pause();
                    done
                })
            })
        })
    }
}
