//! Exhibits: what was given to a scan, by id. The path is an attribute of it.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use case_model::path_text;
use rusqlite::{Connection, OptionalExtension, params};

use crate::file::error::StoreError;
use crate::file::ids::ExhibitId;

/// Returns the exhibit with this absolute path; `None` when the case has none.
pub(crate) fn find_exhibit(
    connection: &Connection,
    path: &Path,
) -> Result<Option<ExhibitId>, StoreError> {
    let mut select = connection.prepare_cached("SELECT id FROM exhibit WHERE path = ?1")?;
    Ok(select.query_row([path.as_os_str().as_bytes()], |row| row.get(0)).optional()?)
}

/// Returns the exhibit with this absolute path; it is registered when the case has none.
pub(crate) fn exhibit(connection: &Connection, path: &Path) -> Result<ExhibitId, StoreError> {
    if let Some(exhibit) = find_exhibit(connection, path)? {
        return Ok(exhibit);
    }
    let insert = "INSERT INTO exhibit (path, readable) VALUES (?1, ?2)";
    connection.execute(insert, params![path.as_os_str().as_bytes(), path_text(path)])?;
    Ok(ExhibitId::from_number(connection.last_insert_rowid()))
}
