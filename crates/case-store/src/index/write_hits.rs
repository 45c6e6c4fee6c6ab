//! Writing hits and the sets that they are of.

use rusqlite::{Connection, OptionalExtension, params};

use crate::file::error::StoreError;
use crate::file::ids::{EntryId, SetId};

/// The row of a set; made when the case has had no hit of it yet.
pub(crate) fn hash_set_row(
    connection: &Connection,
    digest: &[u8; 32],
    name: &str,
    version: &str,
) -> Result<SetId, StoreError> {
    let mut select = connection.prepare_cached("SELECT id FROM hash_set WHERE digest = ?1")?;
    if let Some(row) = select.query_row([digest], |row| row.get(0)).optional()? {
        return Ok(row);
    }
    connection.execute(
        "INSERT INTO hash_set (digest, name, version) VALUES (?1, ?2, ?3)",
        params![digest, name, version],
    )?;
    Ok(SetId::from_number(connection.last_insert_rowid()))
}

/// Writes a hit; false when it is there already.
pub(crate) fn insert_hit(
    connection: &Connection,
    entry: EntryId,
    set: SetId,
    hit: &case_model::Hit,
) -> Result<bool, StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT OR IGNORE INTO hit (entry, hash_set, algorithm, digest, disposition, class, label) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let values = params![
        entry,
        set,
        hit.algorithm.key(),
        hit.digest,
        hit.disposition.key(),
        hit.class.key(),
        hit.label
    ];
    Ok(insert.execute(values)? > 0)
}
