//! A SQLite database that somebody else wrote: opened read-only, and never trusted.

use std::path::{Path, PathBuf};

use byte_source::{Structure, length};
use case_model::{NameEncoding, readable_name};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

use crate::ImportError;
use crate::compiled::immutable_uri;

/// First bytes of a database.
pub(crate) const MAGIC: &[u8] = b"SQLite format 3\0";
/// Longest text or blob that is read, in bytes.
const LONGEST_VALUE_BYTES: i32 = 16 << 20;

/// Opens `path` without locks, journals or any chance to write, after checking that it is whole.
pub(crate) fn open(path: &Path) -> Result<Connection, ImportError> {
    check_whole(path)?;
    check_no_journal(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(immutable_uri(path), flags).map_err(database(path))?;
    connection
        .set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE_BYTES)
        .map_err(database(path))?;
    connection
        .execute_batch(
            "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
        )
        .map_err(database(path))?;
    Ok(connection)
}

/// Turns an error of SQLite into one of this crate.
pub(crate) fn database(path: &Path) -> impl Fn(rusqlite::Error) -> ImportError + use<> {
    let path = path.to_path_buf();
    move |source| ImportError::Database { path: path.clone(), source }
}

/// A download that was cut off has fewer pages than its header says (SQLite file format 1.3: page size at 16, pages at 28,
/// valid when the change counter at 24 is the same as at 92).
fn check_whole(path: &Path) -> Result<(), ImportError> {
    use std::io::Read;
    let mut file = std::fs::File::open(path).map_err(ImportError::read(path))?;
    let found = file.metadata().map_err(ImportError::read(path))?.len();
    let mut head = Vec::new();
    (&mut file).take(100).read_to_end(&mut head).map_err(ImportError::read(path))?;
    let truncated =
        |expected, found| ImportError::Truncated { path: path.to_path_buf(), expected, found };
    let expected = stated_bytes(&Structure::new("SQLite header", 0, &head))
        .map_err(|_| truncated(100, length(head.len())))?;
    match expected.filter(|expected| found < *expected) {
        Some(expected) => Err(truncated(expected, found)),
        None => Ok(()),
    }
}

/// Returns the length of a database by its header; `None` where the header says that it is not up to date.
fn stated_bytes(header: &Structure<'_>) -> Result<Option<u64>, byte_source::OutOfBounds> {
    let page_bytes = match header.u16_be(16)? {
        1 => 1 << 16,
        bytes => u64::from(bytes),
    };
    let bytes = u64::from(header.u32_be(28)?).saturating_mul(page_bytes);
    let changes = header.u32_be(24)?;
    let valid_for = header.u32_be(92)?;
    Ok((changes == valid_for).then_some(bytes))
}

/// What lies in a journal or write-ahead log beside the database would be ignored.
fn check_no_journal(path: &Path) -> Result<(), ImportError> {
    for suffix in ["-wal", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let journal = PathBuf::from(name);
        if journal.metadata().is_ok_and(|metadata| metadata.len() > 0) {
            return Err(ImportError::Journal { path: path.to_path_buf(), journal });
        }
    }
    Ok(())
}

/// Is `name` a table, a view, or neither? (Not by name alone: the layouts of one format differ in this.)
pub(crate) fn kind_of(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    use rusqlite::OptionalExtension;
    let mut select = connection.prepare(
        "SELECT type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')",
    )?;
    select.query_row([name], |row| row.get(0)).optional()
}

/// Names of the columns of a table, in lower case.
pub(crate) fn columns_of(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut select = connection.prepare("SELECT lower(name) FROM pragma_table_info(?1)")?;
    select.query_map([table], |row| row.get(0))?.collect()
}

/// A value as readable text; `None` for NULL.
pub(crate) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => None,
        ValueRef::Integer(value) => Some(value.to_string()),
        ValueRef::Real(value) => Some(value.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Some(readable_name(bytes, NameEncoding::Bytes))
        }
    })
}
