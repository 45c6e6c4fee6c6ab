//! That a case file was brought to a newer layout, until the ledger says so.
//!
//! Who opens the file first may only look at it, or be killed: the note stands in the file, written with the new layout, and the next
//! command that works with the case turns it into an entry.

use rusqlite::{Connection, OptionalExtension, params};

use crate::StoreError;
use crate::open::CASE_APPLICATION;

/// The property that names the layout before.
const PROPERTY: &str = "migrated_from";

/// Notes, in the transaction of the migration, from which version a case file came. A file that is being made came from none.
pub(crate) fn note_migration(connection: &Connection, application: i64, from: i64) -> Result<(), StoreError> {
    if application == CASE_APPLICATION && from > 0 {
        // Of several steps the first is kept.
        let query = "INSERT OR IGNORE INTO property (name, value) VALUES (?1, ?2)";
        connection.execute(query, params![PROPERTY, from.to_string()])?;
    }
    Ok(())
}

/// Takes the note: schema versions before and now. Call in the transaction that appends the ledger's entry.
///
/// # Errors
/// What SQLite says.
pub fn take_migration(connection: &Connection) -> Result<Option<(String, String)>, StoreError> {
    let query = "DELETE FROM property WHERE name = ?1 RETURNING value";
    let from: Option<String> = connection.query_row(query, [PROPERTY], |row| row.get(0)).optional()?;
    let Some(from) = from else { return Ok(None) };
    let to: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(Some((from, to.to_string())))
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
        note_migration(&connection, CASE_APPLICATION, 0).unwrap();
        assert_eq!(take_migration(&connection).unwrap(), None);
        note_migration(&connection, CASE_APPLICATION, 1).unwrap();
        note_migration(&connection, CASE_APPLICATION, 2).unwrap();
        assert_eq!(take_migration(&connection).unwrap(), Some(("1".to_owned(), "3".to_owned())));
        assert_eq!(take_migration(&connection).unwrap(), None);
    }
}
