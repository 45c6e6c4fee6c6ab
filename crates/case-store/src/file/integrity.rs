//! What SQLite finds wrong in a file.

use rusqlite::Connection;

use super::error::StoreError;

/// The most faults that are listed; of a file full of rubbish a few say enough.
pub(crate) const MAX_FAULTS: usize = 100;

/// Returns the faults of pages and indexes that SQLite finds. Reads the whole file.
pub(crate) fn integrity_faults(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({MAX_FAULTS})"))?;
    let mut said =
        statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    said.retain(|line| line != "ok");
    Ok(said)
}
