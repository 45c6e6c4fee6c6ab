//! Opening and making the SQLite files, with the settings that keep them safe.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::StoreError;

/// "ATHC": a case file.
pub(crate) const CASE_APPLICATION: i64 = 0x4154_4843;
/// "ATHL": a lab's own ledger.
pub(crate) const LEDGER_APPLICATION: i64 = 0x4154_484c;

const LEDGER: &str = include_str!("schema/ledger.sql");
/// Schema versions in order; the file's `user_version` counts how many it has.
const CASE_VERSIONS: &[&[&str]] = &[
    &[include_str!("schema/v1.sql"), LEDGER],
    &[include_str!("schema/v2_hits.sql")],
    &[include_str!("schema/v3_resume.sql")],
];
const LEDGER_VERSIONS: &[&[&str]] = &[&[LEDGER]];

/// A connection belongs to one thread at a time, as the compiler sees to: SQLite need not.
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);
/// Pages that a connection keeps in memory, in KiB: what an index is built from should not be read twice.
const CACHE_KIBIBYTES: i64 = 64 << 10;

/// How long a writer waits for another before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) fn versions(application: i64) -> &'static [&'static [&'static str]] {
    if application == CASE_APPLICATION { CASE_VERSIONS } else { LEDGER_VERSIONS }
}

/// Makes a new file, private to the user, with the newest schema.
pub(crate) fn create(path: &Path, application: i64) -> Result<Connection, StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(StoreError::Exists(path.to_owned()));
        }
        Err(error) => return Err(StoreError::Io { path: path.to_owned(), error }),
    }
    let connection = Connection::open_with_flags(path, FLAGS)?;
    settle(&connection)?;
    connection.pragma_update(None, "application_id", application)?;
    migrate(&connection, path, application)?;
    Ok(connection)
}

/// Opens an existing file for reading and writing and brings its schema up to date.
pub(crate) fn open(path: &Path, application: i64) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::NotFound(path.to_owned()));
    }
    let connection = Connection::open_with_flags(path, FLAGS)?;
    settle(&connection)?;
    let found: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if found != application {
        return Err(StoreError::NotOurs(path.to_owned(), found));
    }
    migrate(&connection, path, application)?;
    Ok(connection)
}

fn settle(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIBIBYTES)?;
    // Statements are prepared once and kept: the writer uses a dozen, `find` one per combination of filters.
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Applies the schema versions that the file lacks, each in its own transaction.
fn migrate(connection: &Connection, path: &Path, application: i64) -> Result<(), StoreError> {
    let known = versions(application);
    let mut before = None;
    loop {
        let have: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let came_from = *before.get_or_insert(have);
        let Ok(next) = usize::try_from(have) else {
            return Err(newer(path, have, known.len()));
        };
        if next > known.len() {
            return Err(newer(path, have, known.len()));
        }
        let Some(statements) = known.get(next) else {
            return Ok(());
        };
        connection.execute_batch("BEGIN IMMEDIATE")?;
        // Another program may have migrated while we waited for the lock.
        let now: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if now == have {
            for statement in *statements {
                connection.execute_batch(statement)?;
            }
            connection.pragma_update(None, "user_version", have + 1)?;
            crate::schema_change::note_migration(connection, application, came_from)?;
        }
        connection.execute_batch("COMMIT")?;
    }
}

fn newer(path: &Path, found: i64, known: usize) -> StoreError {
    StoreError::Newer { path: path.to_owned(), found, known: i64::try_from(known).unwrap_or(i64::MAX) }
}
