//! Opening and making the SQLite files, with the settings that keep them safe.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::StoreError;
use crate::migration::{Migration, keep_copy, note_migration};

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

/// How often a writer that waits for another looks again. SQLite's own handler looks ten times a second, and would miss the moments between
/// two transactions of a scan.
pub(crate) const WAIT_STEP: Duration = Duration::from_millis(5);
/// How long a writer waits for another before it gives up.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) fn versions(application: i64) -> &'static [&'static [&'static str]] {
    if application == CASE_APPLICATION { CASE_VERSIONS } else { LEDGER_VERSIONS }
}

/// The newest layout of a case file: the one that this program writes.
#[must_use]
pub fn newest_layout() -> usize {
    CASE_VERSIONS.len()
}

/// The version of SQLite that is built in.
#[must_use]
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// Makes a new file, private to the user, with the newest schema.
pub(crate) fn create(path: &Path, application: i64) -> Result<Connection, StoreError> {
    crate::network_share::refuse_network_share(path)?;
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

/// Opens an existing file for reading and writing and brings its schema up to date, with a copy of before kept beside it.
pub(crate) fn open(path: &Path, application: i64) -> Result<(Connection, Option<Migration>), StoreError> {
    if !path.exists() {
        return Err(StoreError::NotFound(path.to_owned()));
    }
    crate::network_share::refuse_network_share(path)?;
    let mut connection = Connection::open_with_flags(path, FLAGS)?;
    // Before anything is set in it: a file of another program stays as it is.
    check_kind(&connection, path, application)?;
    settle(&mut connection)?;
    let migration = migrate(&connection, path, application)?;
    Ok((connection, migration))
}

/// A connection with our settings to a file of whatever kind and layout.
pub(crate) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open_with_flags(path, FLAGS)?;
    settle(&mut connection)?;
    Ok(connection)
}

/// Refuses files of other programs and of newer layouts.
pub(crate) fn check_kind(connection: &Connection, path: &Path, application: i64) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if found != application {
        return Err(StoreError::NotOurs(path.to_owned(), found));
    }
    let (have, known) = (user_version(connection)?, versions(application).len());
    match usize::try_from(have) {
        Ok(have) if have <= known => Ok(()),
        _ => Err(newer(path, have, known)),
    }
}

fn user_version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Asked by SQLite when another connection writes; false gives up.
fn wait(times: i32) -> bool {
    let waited = WAIT_STEP.saturating_mul(times.unsigned_abs());
    std::thread::sleep(WAIT_STEP);
    waited < BUSY_TIMEOUT
}

fn settle(connection: &mut Connection) -> Result<(), StoreError> {
    connection.busy_handler(Some(wait))?;
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

/// Applies the schema versions that the file lacks: all of them, or none. What is there already is copied before.
fn migrate(connection: &Connection, path: &Path, application: i64) -> Result<Option<Migration>, StoreError> {
    migrate_to(connection, path, application, versions(application))
}

fn migrate_to(
    connection: &Connection,
    path: &Path,
    application: i64,
    known: &[&[&str]],
) -> Result<Option<Migration>, StoreError> {
    let newest = i64::try_from(known.len()).unwrap_or(i64::MAX);
    if user_version(connection)? == newest {
        return Ok(None);
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    // Another program may have migrated while we waited for the lock.
    let have = user_version(connection)?;
    let missing = usize::try_from(have).ok().and_then(|have| known.get(have..));
    let missing = missing.ok_or_else(|| newer(path, have, known.len()))?;
    // A file of version 0 is being made.
    let migration = match have > 0 && !missing.is_empty() {
        true => Some(keep_copy(path, have, newest)?),
        false => None,
    };
    for statement in missing.iter().copied().flatten() {
        connection.execute_batch(statement)?;
    }
    connection.pragma_update(None, "user_version", newest)?;
    if let Some(migration) = &migration {
        note_migration(connection, application, migration)?;
    }
    connection.execute_batch("COMMIT")?;
    Ok(migration)
}

fn newer(path: &Path, found: i64, known: usize) -> StoreError {
    StoreError::Newer { path: path.to_owned(), found, known: i64::try_from(known).unwrap_or(i64::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of the first layout with one row.
    fn old_file(folder: &Path) -> (std::path::PathBuf, Connection) {
        let path = folder.join("old.db");
        std::fs::File::create_new(&path).unwrap();
        let connection = connect(&path).unwrap();
        connection.pragma_update(None, "application_id", CASE_APPLICATION).unwrap();
        let first: &[&[&str]] = &[&["CREATE TABLE property (name TEXT PRIMARY KEY, value TEXT)", LEDGER]];
        assert_eq!(migrate_to(&connection, &path, CASE_APPLICATION, first).unwrap(), None);
        connection.execute_batch("INSERT INTO property VALUES ('case', 'old')").unwrap();
        (path, connection)
    }

    const STEPS: &[&[&str]] = &[&[], &["CREATE TABLE second (x)"], &["CREATE TABLE third (x)"]];

    #[test]
    fn all_steps_are_one_transaction_and_the_copy_is_of_before() {
        let folder = tempfile::tempdir().unwrap();
        let (path, connection) = old_file(folder.path());
        let migration = migrate_to(&connection, &path, CASE_APPLICATION, STEPS).unwrap().unwrap();
        assert_eq!((migration.from, migration.to), (1, 3));
        assert_eq!(migration.copy, folder.path().join("old.db.before-layout-3"));
        assert_eq!(user_version(&connection).unwrap(), 3);
        let copy = Connection::open(&migration.copy).unwrap();
        assert_eq!(user_version(&copy).unwrap(), 1);
        assert!(copy.prepare("SELECT * FROM second").is_err());
        assert_eq!(crate::file_digest(&migration.copy).unwrap().0, migration.sha256);
    }

    #[test]
    fn a_migration_that_stops_in_the_middle_leaves_the_old_layout() {
        let folder = tempfile::tempdir().unwrap();
        let (path, connection) = old_file(folder.path());
        let broken: &[&[&str]] = &[&[], &["CREATE TABLE second (x)"], &["CREATE TABLE second (y)"]];
        assert!(migrate_to(&connection, &path, CASE_APPLICATION, broken).is_err());
        // Its connection is closed, as by a program that is killed.
        drop(connection);
        let connection = connect(&path).unwrap();
        assert_eq!(user_version(&connection).unwrap(), 1);
        assert!(connection.prepare("SELECT * FROM second").is_err());
        // Nothing was added since: the copy that is there is the one that is needed.
        let migration = migrate_to(&connection, &path, CASE_APPLICATION, STEPS).unwrap().unwrap();
        assert_eq!(migration.copy, folder.path().join("old.db.before-layout-3"));
        assert!(!folder.path().join("old.db.before-layout-3.2").exists());
    }

    #[test]
    fn a_damaged_file_is_not_migrated() {
        let folder = tempfile::tempdir().unwrap();
        let (path, connection) = old_file(folder.path());
        connection
            .execute_batch(
                "CREATE TABLE t (x); CREATE INDEX i ON t (x); INSERT INTO t VALUES (1), (2); PRAGMA wal_checkpoint(TRUNCATE)",
            )
            .unwrap();
        drop(connection);
        // The last page is the index: its cells now point outside of it.
        let mut bytes = std::fs::read(&path).unwrap();
        let page = bytes.len() - 4096;
        bytes[page + 8..page + 12].fill(0xff);
        std::fs::write(&path, bytes).unwrap();
        let connection = connect(&path).unwrap();
        let refused = migrate_to(&connection, &path, CASE_APPLICATION, STEPS);
        assert!(refused.is_err(), "{refused:?}");
        drop(connection);
        assert_eq!(user_version(&connect(&path).unwrap()).unwrap(), 1);
        let left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().contains("before-layout")), "{left:?}");
    }
}
