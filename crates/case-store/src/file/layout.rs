//! The layouts of our files: which SQL makes them, and which a file has.

use std::path::Path;

use rusqlite::Connection;

use super::error::StoreError;

/// "ATHC": a case file.
pub(crate) const CASE_APPLICATION: i64 = 0x4154_4843;
/// "ATHL": a lab's own ledger.
pub(crate) const LEDGER_APPLICATION: i64 = 0x4154_484c;

const LEDGER: &str = include_str!("schema/ledger.sql");
/// The layouts of a case file in order; `user_version` counts how many a file has. A new layout is one more file and one more line.
const CASE_VERSIONS: &[&[&str]] = &[
    &[include_str!("schema/v1.sql"), LEDGER],
    &[include_str!("schema/v2_hits.sql")],
    &[include_str!("schema/v3_resume.sql")],
    &[include_str!("schema/v4_exhibits.sql"), include_str!("schema/v4_kinds.sql")],
    &[include_str!("schema/v5_nested.sql")],
    &[include_str!("schema/v6_findings.sql")],
    &[include_str!("schema/v7_owners.sql")],
];
const LEDGER_VERSIONS: &[&[&str]] = &[&[LEDGER]];

pub(crate) fn versions(application: i64) -> &'static [&'static [&'static str]] {
    if application == CASE_APPLICATION { CASE_VERSIONS } else { LEDGER_VERSIONS }
}

/// The newest layout of a case file: the one that this program writes.
#[must_use]
pub fn newest_layout() -> usize {
    CASE_VERSIONS.len()
}

/// Refuses files of other programs and of newer layouts.
pub(crate) fn check_kind(
    connection: &Connection,
    path: &Path,
    application: i64,
) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if found != application {
        return Err(StoreError::NotOurs(path.to_owned(), found));
    }
    let have = user_version(connection)?;
    let known = versions(application).len();
    match usize::try_from(have) {
        Ok(have) if have <= known => Ok(()),
        _ => Err(newer(path, have, known)),
    }
}

/// Returns how many layouts the file has.
pub(crate) fn user_version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Returns true when the file has the tables of images in files. A copy of an older layout is read as it is.
pub(crate) fn has_nested(connection: &Connection) -> Result<bool, StoreError> {
    has(connection, "nested")
}

/// Returns true when the file has the tables of findings. A copy of an older layout is read as it is.
pub(crate) fn has_findings(connection: &Connection) -> Result<bool, StoreError> {
    has(connection, "finding")
}

/// Returns true when the file has a table or a view of this name.
fn has(connection: &Connection, name: &str) -> Result<bool, StoreError> {
    let query =
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ?1)";
    Ok(connection.prepare_cached(query)?.query_row([name], |row| row.get(0))?)
}

/// The error of a file whose layout is newer than this program.
pub(crate) fn newer(path: &Path, found: i64, known: usize) -> StoreError {
    StoreError::Newer {
        path: path.to_owned(),
        found,
        known: i64::try_from(known).unwrap_or(i64::MAX),
    }
}
