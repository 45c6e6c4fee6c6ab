//! The hash that the publisher gives of a database after its deltas: what SQLite's program `dbhash` prints.
//!
//! SHA-1 over the values of all tables by name, each in the order in which it is stored, then over the schema by name. It does not
//! depend on page size, free pages or encoding; an added index changes it. Of each value:
//!
//! ```text
//! NULL "0"    integer "1" and 8 bytes big-endian    real "2" and 8 bytes big-endian    text "3" and UTF-8    blob "4" and bytes
//! ```

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sha1::{Digest, Sha1};

/// The tables that count.
const TABLES: &str = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' \
                      AND name NOT LIKE 'sqlite_%' ORDER BY name COLLATE nocase";
/// The schema, which follows them.
const SCHEMA: &str =
    "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name COLLATE nocase";

/// Computes the hash; `row_read` is called for each row with their number so far.
pub(super) fn database_hash(
    connection: &Connection,
    row_read: &mut dyn FnMut(u64),
) -> rusqlite::Result<[u8; 20]> {
    let mut hasher = Sha1::new();
    let mut rows = 0;
    let mut tables = connection.prepare(TABLES)?;
    let names: Vec<String> =
        tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for name in names {
        let query = format!("SELECT * FROM \"{}\"", name.replace('"', "\"\""));
        absorb(connection, &query, &mut hasher, &mut rows, row_read)?;
    }
    absorb(connection, SCHEMA, &mut hasher, &mut rows, row_read)?;
    Ok(hasher.finalize().into())
}

/// Hashes a value: the digit of its type, and its bytes.
fn absorb_value(value: ValueRef<'_>, hasher: &mut Sha1) {
    let mut add = |digit: &[u8], bytes: &[u8]| {
        hasher.update(digit);
        hasher.update(bytes);
    };
    match value {
        ValueRef::Null => add(b"0", b""),
        ValueRef::Integer(value) => add(b"1", &value.to_be_bytes()),
        ValueRef::Real(value) => add(b"2", &value.to_be_bytes()),
        ValueRef::Text(bytes) => add(b"3", bytes),
        ValueRef::Blob(bytes) => add(b"4", bytes),
    }
}

fn absorb(
    connection: &Connection,
    query: &str,
    hasher: &mut Sha1,
    number: &mut u64,
    row_read: &mut dyn FnMut(u64),
) -> rusqlite::Result<()> {
    let mut select = connection.prepare(query)?;
    let columns = select.column_count();
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            absorb_value(row.get_ref(column)?, hasher);
        }
        *number = number.saturating_add(1);
        row_read(*number);
    }
    Ok(())
}
