//! Creating and opening the files.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::Connection;

use super::connection::{READ_WRITE, connect, settle};
use super::error::StoreError;
use super::layout::check_kind;
use super::migration::{Migration, migrate};
use super::network_share::refuse_network_share;
use super::read_only::{can_only_be_read, open_read_only};

/// Makes a new file, private to the user, with the newest schema.
pub(crate) fn create(path: &Path, application: i64) -> Result<Connection, StoreError> {
    refuse_network_share(path)?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(StoreError::Exists(path.to_owned()));
        }
        Err(error) => return Err(StoreError::Io { path: path.to_owned(), error }),
    }
    let connection = connect(path)?;
    connection.pragma_update(None, "application_id", application)?;
    migrate(&connection, path, application)?;
    Ok(connection)
}

/// Opens an existing file for reading and writing, or for reading alone where nothing can be written, and brings its schema up to date, with a copy of before kept beside it.
pub(crate) fn open(
    path: &Path,
    application: i64,
) -> Result<(Connection, Option<Migration>), StoreError> {
    if !path.exists() {
        return Err(StoreError::NotFound(path.to_owned()));
    }
    if can_only_be_read(path) {
        return Ok((open_read_only(path, application)?, None));
    }
    refuse_network_share(path)?;
    let mut connection = Connection::open_with_flags(path, READ_WRITE)?;
    // Before anything is set in it: a file of another program stays as it is.
    check_kind(&connection, path, application)?;
    settle(&mut connection)?;
    let migration = migrate(&connection, path, application)?;
    Ok((connection, migration))
}
