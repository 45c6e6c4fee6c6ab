//! A row of the database as bytes for a digest: one encoding, whatever the digest is for.

use rusqlite::types::ValueRef;
use rusqlite::{Row, Statement};

use super::error::StoreError;
use super::integers::length;

/// The byte before each value that tells its type.
pub(crate) struct TypeBytes {
    null: u8,
    integer: u8,
    real: u8,
    text: u8,
    blob: u8,
}

/// Those of the canonical digest of an index: they never change.
pub(crate) const CANONICAL: TypeBytes =
    TypeBytes { null: b'N', integer: b'I', real: b'F', text: b'T', blob: b'B' };
/// Those of frames and seals.
pub(crate) const INTERNAL: TypeBytes =
    TypeBytes { null: b'n', integer: b'i', real: b'r', text: b't', blob: b'b' };

/// Appends all values of a row: the byte of its type before each, and the length in bytes (64 bits) before texts and blobs. All numbers
/// are big-endian.
///
/// # Errors
/// What SQLite says.
pub(crate) fn append_row(
    out: &mut Vec<u8>,
    row: &Row<'_>,
    types: &TypeBytes,
) -> Result<(), StoreError> {
    append_columns(out, row, 0..row.as_ref().column_count(), types)
}

/// As [`append_row`], of some of the columns.
///
/// # Errors
/// What SQLite says.
pub(crate) fn append_columns(
    out: &mut Vec<u8>,
    row: &Row<'_>,
    columns: impl IntoIterator<Item = usize>,
    types: &TypeBytes,
) -> Result<(), StoreError> {
    for column in columns {
        append_value(out, row.get_ref(column)?, types);
    }
    Ok(())
}

/// Appends one value as [`append_row`] does.
pub(crate) fn append_value(out: &mut Vec<u8>, value: ValueRef<'_>, types: &TypeBytes) {
    match value {
        ValueRef::Null => out.push(types.null),
        ValueRef::Integer(value) => {
            out.push(types.integer);
            out.extend_from_slice(&value.to_be_bytes());
        }
        ValueRef::Real(value) => {
            out.push(types.real);
            out.extend_from_slice(&value.to_be_bytes());
        }
        ValueRef::Text(bytes) => append_sized(out, types.text, bytes),
        ValueRef::Blob(bytes) => append_sized(out, types.blob, bytes),
    }
}

fn append_sized(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    out.push(kind);
    out.extend_from_slice(&length(bytes.len()).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Binds as many of the values as the statement takes.
///
/// # Errors
/// What SQLite says.
pub(crate) fn bind_used(statement: &mut Statement<'_>, values: &[i64]) -> Result<(), StoreError> {
    for (place, value) in values.iter().enumerate().take(statement.parameter_count()) {
        statement.raw_bind_parameter(place.saturating_add(1), value)?;
    }
    Ok(())
}
