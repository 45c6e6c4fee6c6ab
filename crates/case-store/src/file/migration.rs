//! That a file was brought to a newer layout: the copy of before, and the note until the ledger says so.
//!
//! Who opens the file first may only look at it, or be killed: the note stands in the file, written with the new layout, and the next
//! command that works with the case turns it into an entry.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use crate::StoreError;
use crate::copy::{copy_database, file_digest, integrity_faults, with_ending};
use crate::open::CASE_APPLICATION;

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

/// Copies a file that is about to be changed, and checks the copy. The caller holds the file's writing lock, so that nothing is written
/// between the copy and the change.
pub(crate) fn keep_copy(path: &Path, from: i64, to: i64) -> Result<Migration, StoreError> {
    let place = with_ending(path, &format!(".before-layout-{to}"));
    let copy = copy_database(path, &place)?;
    let faults = integrity_faults(&Connection::open(copy.path())?)?;
    if !faults.is_empty() {
        return Err(StoreError::Damaged { path: path.to_owned(), faults });
    }
    let (sha256, _) = file_digest(copy.path())?;
    let of = |copy| Migration { file: path.to_owned(), from, to, copy, sha256 };
    for number in 1..=MAX_COPIES {
        let place = if number == 1 { place.clone() } else { with_ending(&place, &format!(".{number}")) };
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
pub(crate) fn note_migration(
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
}
