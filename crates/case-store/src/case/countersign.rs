//! Whoever signs what each transaction of a case appended, in the same transaction.

use crate::file::error::StoreError;
use crate::ledger::rows::Ledger;

/// Signs what the transactions of a case append, so that no committed entry is unsigned.
pub trait Countersign: Send {
    /// Looks at the ledger when a transaction has begun and nothing was written in it.
    ///
    /// # Errors
    /// What SQLite says; the transaction is rolled back.
    fn begun(&mut self, ledger: &mut Ledger<'_>) -> Result<(), StoreError>;

    /// Signs what was appended, before the transaction is committed.
    ///
    /// # Errors
    /// What SQLite says; the transaction is rolled back.
    fn ending(&mut self, ledger: &mut Ledger<'_>) -> Result<(), StoreError>;
}

/// Does `work` between the two looks of the countersigner, if there is one.
pub(super) fn countersigned<T>(
    countersign: &mut Option<Box<dyn Countersign>>,
    connection: &rusqlite::Connection,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let Some(countersign) = countersign else { return work() };
    countersign.begun(&mut Ledger::new(connection))?;
    let value = work()?;
    countersign.ending(&mut Ledger::new(connection))?;
    Ok(value)
}
