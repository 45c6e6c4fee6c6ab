//! How a table of columns is used: an INSERT and what takes part in the digest are made from it.

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{CachedStatement, Connection};

use crate::file::error::StoreError;
use crate::file::ids::FileSystemId;
use crate::file::row_bytes::{INTERNAL, append_value};

/// A row to be stored, and the file system that it belongs to.
pub(crate) struct New<'r, Row> {
    pub(crate) row: &'r Row,
    pub(crate) file_system: FileSystemId,
}

/// One column of a table.
pub(crate) struct Column<Row: 'static> {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// What takes part in the digest: the column, or the columns of the row that its number stands for.
    pub(crate) digest: &'static str,
    /// Returns its value of a row to be stored.
    pub(crate) value: for<'r> fn(New<'r, Row>) -> ToSqlOutput<'r>,
}

/// Returns the statement that stores a row: `INSERT INTO table (…) VALUES (…)`.
pub(crate) fn insert_sql<Row>(table: &str, columns: &[Column<Row>]) -> String {
    let values = vec!["?"; columns.len()];
    format!("INSERT INTO {table} ({}) VALUES ({})", name_list(columns), values.join(", "))
}

/// Returns what the digest takes of the columns, in their order.
pub(crate) fn digest_list<Row>(columns: &[Column<Row>]) -> String {
    let taken: Vec<&str> = columns.iter().map(|column| column.digest).collect();
    taken.join(", ")
}

/// Returns the names of the columns, as a SELECT has them.
pub(crate) fn name_list<Row>(columns: &[Column<Row>]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    names.join(", ")
}

/// Stores a row with the statement of [`insert_sql`], and makes `row_bytes` its values as
/// [`append_row`](crate::file::row_bytes::append_row) appends them. Returns its number.
///
/// # Errors
/// What SQLite says.
pub(crate) fn insert<Row>(
    connection: &Connection,
    sql: &str,
    columns: &[Column<Row>],
    row: New<'_, Row>,
    mut row_bytes: Option<&mut Vec<u8>>,
) -> Result<i64, StoreError> {
    if let Some(bytes) = &mut row_bytes {
        bytes.clear();
    }
    let mut statement: CachedStatement<'_> = connection.prepare_cached(sql)?;
    for (position, column) in (1..).zip(columns) {
        let value = (column.value)(New { row: row.row, file_system: row.file_system });
        if let Some(bytes) = &mut row_bytes {
            append_value(bytes, value_ref(&value), &INTERNAL);
        }
        statement.raw_bind_parameter(position, value)?;
    }
    statement.raw_execute()?;
    Ok(connection.last_insert_rowid())
}

/// Returns the value as SQLite stores it.
fn value_ref<'v>(value: &'v ToSqlOutput<'_>) -> ValueRef<'v> {
    match value {
        ToSqlOutput::Borrowed(value) => *value,
        ToSqlOutput::Owned(value) => ValueRef::from(value),
        // Nothing else is made by `IntoSql`.
        _ => ValueRef::Null,
    }
}

/// A value as SQLite keeps it; texts and bytes of the row are lent, not copied.
pub(crate) trait IntoSql<'r> {
    /// Returns the value.
    fn into_sql(self) -> ToSqlOutput<'r>;
}

impl<'r, T: IntoSql<'r>> IntoSql<'r> for Option<T> {
    fn into_sql(self) -> ToSqlOutput<'r> {
        self.map_or(ToSqlOutput::Owned(Value::Null), T::into_sql)
    }
}

impl<'r> IntoSql<'r> for &'r str {
    fn into_sql(self) -> ToSqlOutput<'r> {
        ToSqlOutput::Borrowed(ValueRef::Text(self.as_bytes()))
    }
}

impl<'r> IntoSql<'r> for &'r String {
    fn into_sql(self) -> ToSqlOutput<'r> {
        self.as_str().into_sql()
    }
}

impl<'r> IntoSql<'r> for &'r [u8] {
    fn into_sql(self) -> ToSqlOutput<'r> {
        ToSqlOutput::Borrowed(ValueRef::Blob(self))
    }
}

impl<'r> IntoSql<'r> for &'r Vec<u8> {
    fn into_sql(self) -> ToSqlOutput<'r> {
        self.as_slice().into_sql()
    }
}

impl<'r, const N: usize> IntoSql<'r> for &'r [u8; N] {
    fn into_sql(self) -> ToSqlOutput<'r> {
        self.as_slice().into_sql()
    }
}

/// Values that SQLite takes as they are.
macro_rules! owned {
    ($($type:ty),*) => {
        $(impl<'r> IntoSql<'r> for $type {
            fn into_sql(self) -> ToSqlOutput<'r> {
                ToSqlOutput::Owned(self.into())
            }
        })*
    };
}
owned!(bool, i64, u32, String, Vec<u8>);

/// Makes the table of a row type: for each column its name, what the digest takes of it, and its value.
macro_rules! stored_columns {
    ($(#[$note:meta])* $table:ident: $row:ty; $($name:ident, $digest:literal, |$new:ident| $value:expr;)*) => {
        $(#[$note])*
        pub(crate) static $table: &[$crate::index::columns::Column<$row>] = &[$(
            $crate::index::columns::Column {
                name: stringify!($name),
                digest: $digest,
                value: |$new| $crate::index::columns::IntoSql::into_sql($value),
            }
        ),*];
    };
}
pub(crate) use stored_columns;
