//! One transaction around some work.

use rusqlite::Connection;

use super::error::StoreError;

/// Does `work` in one transaction: all that it writes is there afterwards, or nothing.
pub(crate) fn in_transaction<T, E: From<StoreError>>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    connection.execute_batch("BEGIN IMMEDIATE").map_err(StoreError::from)?;
    match work(connection) {
        Ok(value) => {
            connection.execute_batch("COMMIT").map_err(StoreError::from)?;
            Ok(value)
        }
        Err(error) => {
            // The first error is the one to tell; a transaction that cannot be rolled back is rolled back when the file is opened next.
            let _ = connection.execute_batch("ROLLBACK");
            Err(error)
        }
    }
}
