//! Makes a database one file, with nothing beside it.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::connection::READ_WRITE;
use super::copy::with_ending;
use super::error::{StoreError, io_error};
use super::folder_sync::{folder_of, sync_folder};

/// How long other programs may take to close the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Brings the write-ahead log into the file and takes it away: the file can then be moved. It is opened as ever afterwards.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::is_busy`] when another program has the file open; what SQLite says.
pub fn settle_alone(path: &Path) -> Result<(), StoreError> {
    if !path.exists() {
        return Err(StoreError::NotFound(path.to_owned()));
    }
    let connection = Connection::open_with_flags(path, READ_WRITE)?;
    connection.busy_timeout(PATIENCE)?;
    // Only a connection that has the file for itself may change this.
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.close().map_err(|(_, error)| error)?;
    let log = with_ending(path, "-wal");
    if log.exists() {
        return Err(StoreError::LogBeside { path: path.to_owned(), log });
    }
    let folder = folder_of(path);
    sync_folder(folder).map_err(|error| io_error(folder, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::connection::connect;

    #[test]
    fn a_file_that_another_has_open_is_not_settled_and_one_that_is_free_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.db");
        let other = connect(&path).err();
        assert!(other.is_some(), "nothing is created");
        std::fs::write(&path, b"").unwrap();
        let other = connect(&path).unwrap();
        other.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)").unwrap();
        assert!(settle_alone(&path).unwrap_err().is_busy());
        // The other is as able as before.
        other.execute_batch("INSERT INTO t VALUES (2)").unwrap();
        drop(other);
        settle_alone(&path).unwrap();
        let names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert_eq!(names, ["c.db"]);
        let again = connect(&path).unwrap();
        let rows: i64 = again.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 2);
    }
}
