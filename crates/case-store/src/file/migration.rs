//! That a file was brought to a newer layout: the copy of before, and the note until the ledger says so.
//!
//! Who opens the file first may only look at it, or be killed: the note stands in the file, written with the new layout, and the next
//! command that works with the case turns it into an entry.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use super::copy::{copy_database, with_ending};
use super::error::StoreError;
use super::file_digest::file_digest;
use super::integrity::integrity_faults;
use super::layout::{CASE_APPLICATION, newer, user_version, versions};

/// The property that names the layout before.
const FROM: &str = "migrated_from";
/// The property that names the copy of before: its SHA-256, a space, the file's name.
const COPY: &str = "migration_copy";
/// Copies of one layout that are looked through for one that is the same, before it is given up: each is a migration that did not end.
const MAX_COPIES: u32 = 100;

/// A file was brought to a newer layout when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The file.
    pub file: PathBuf,
    /// Its layout before.
    pub from: i64,
    /// Its layout now.
    pub to: i64,
    /// The copy of before.
    pub copy: PathBuf,
    /// The copy's SHA-256.
    pub sha256: [u8; 32],
}

/// What the ledger has to say of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationNote {
    /// The layout before.
    pub from: String,
    /// The layout now.
    pub to: String,
    /// SHA-256 in hexadecimal and name of the copy of before; older programs kept none.
    pub copy: Option<(String, String)>,
}

/// Applies the schema versions that the file lacks: all of them, or none. What is there already is copied before.
pub(crate) fn migrate(
    connection: &Connection,
    path: &Path,
    application: i64,
) -> Result<Option<Migration>, StoreError> {
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

/// Copies a file that is about to be changed, and checks the copy. The caller holds the file's writing lock, so that nothing is written
/// between the copy and the change.
fn keep_copy(path: &Path, from: i64, to: i64) -> Result<Migration, StoreError> {
    let place = with_ending(path, &format!(".before-layout-{to}"));
    let copy = copy_database(path, &place)?;
    let faults = integrity_faults(&Connection::open(copy.path())?)?;
    if !faults.is_empty() {
        return Err(StoreError::Damaged { path: path.to_owned(), faults });
    }
    let (sha256, _) = file_digest(copy.path())?;
    let of = |copy| Migration { file: path.to_owned(), from, to, copy, sha256 };
    for number in 1..=MAX_COPIES {
        let place =
            if number == 1 { place.clone() } else { with_ending(&place, &format!(".{number}")) };
        match place.exists() {
            // Left by a migration that did not end.
            true if file_digest(&place)?.0 == sha256 => return Ok(of(place)),
            true => {}
            false => {
                copy.put_in_place(&place)?;
                return Ok(of(place));
            }
        }
    }
    Err(StoreError::Exists(place))
}

/// Notes a migration, in its transaction.
fn note_migration(
    connection: &Connection,
    application: i64,
    migration: &Migration,
) -> Result<(), StoreError> {
    if application != CASE_APPLICATION {
        return Ok(());
    }
    let name = migration.copy.file_name().unwrap_or_default().to_string_lossy();
    let copy = format!("{} {name}", case_model::to_hex(&migration.sha256));
    // Of several steps the first is kept.
    let query = "INSERT OR IGNORE INTO property (name, value) VALUES (?1, ?2)";
    connection.execute(query, params![FROM, migration.from.to_string()])?;
    connection.execute(query, params![COPY, copy])?;
    Ok(())
}

/// Takes the note.
pub(crate) fn take_migration(connection: &Connection) -> Result<Option<MigrationNote>, StoreError> {
    let query = "DELETE FROM property WHERE name = ?1 RETURNING value";
    let take = |name| connection.query_row(query, [name], |row| row.get(0)).optional();
    let (from, copy): (Option<String>, Option<String>) = (take(FROM)?, take(COPY)?);
    let Some(from) = from else { return Ok(None) };
    let to: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let copy = copy.as_deref().and_then(|copy| copy.split_once(' '));
    let copy = copy.map(|(digest, name)| (digest.to_owned(), name.to_owned()));
    Ok(Some(MigrationNote { from, to: to.to_string(), copy }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::connection::connect;

    const LEDGER: &str = include_str!("schema/ledger.sql");

    #[test]
    fn the_first_version_before_is_kept_and_given_once() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE property (name TEXT PRIMARY KEY, value TEXT); PRAGMA user_version = 3",
            )
            .unwrap();
        let migration = |from| Migration {
            file: "c.db".into(),
            from,
            to: from + 1,
            copy: format!("a/c.db.before-layout-{}", from + 1).into(),
            sha256: [7; 32],
        };
        assert_eq!(take_migration(&connection).unwrap(), None);
        note_migration(&connection, CASE_APPLICATION, &migration(1)).unwrap();
        note_migration(&connection, CASE_APPLICATION, &migration(2)).unwrap();
        let note = take_migration(&connection).unwrap().unwrap();
        assert_eq!((note.from.as_str(), note.to.as_str()), ("1", "3"));
        assert_eq!(note.copy, Some(("07".repeat(32), "c.db.before-layout-2".to_owned())));
        assert_eq!(take_migration(&connection).unwrap(), None);
    }

    /// A file of the first layout with one row.
    fn old_file(folder: &Path) -> (std::path::PathBuf, Connection) {
        let path = folder.join("old.db");
        std::fs::File::create_new(&path).unwrap();
        let connection = connect(&path).unwrap();
        connection.pragma_update(None, "application_id", CASE_APPLICATION).unwrap();
        let first: &[&[&str]] =
            &[&["CREATE TABLE property (name TEXT PRIMARY KEY, value TEXT)", LEDGER]];
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
        assert_eq!(file_digest(&migration.copy).unwrap().0, migration.sha256);
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
        assert!(
            left.iter().all(|name| !name.to_string_lossy().contains("before-layout")),
            "{left:?}"
        );
    }
}
