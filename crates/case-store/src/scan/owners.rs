//! Owners that records name by the number of a security descriptor. They take no part in the canonical digest of the index: the frame of the
//! image holds them.

use rusqlite::{Connection, params};

use crate::file::error::StoreError;
use crate::file::ids::{FileSystemId, ImageId};

/// The owners of an image, `?1`, for digests of it: an image without any has none of these.
pub(crate) const OWNERS_OF_IMAGE: &str = "SELECT o.file_system, o.security_id, o.sid FROM security_owner o \
     JOIN file_system f ON f.id = o.file_system JOIN volume v ON v.id = f.volume WHERE v.image = ?1 ORDER BY o.file_system, o.security_id";

/// Writes an owner.
pub(super) fn insert_owner(
    connection: &Connection,
    file_system: FileSystemId,
    security_id: u32,
    sid: &str,
) -> Result<(), StoreError> {
    let insert = "INSERT INTO security_owner (file_system, security_id, sid) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(insert)?.execute(params![file_system, security_id, sid])?;
    Ok(())
}

/// Returns whether the layout has owners: those before 7 have none.
pub(crate) fn has_owner_table(connection: &Connection) -> Result<bool, StoreError> {
    let query = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'security_owner')";
    Ok(connection.query_row(query, [], |row| row.get(0))?)
}

/// Returns whether an image has owners.
pub(crate) fn has_owners(connection: &Connection, image: ImageId) -> Result<bool, StoreError> {
    if !has_owner_table(connection)? {
        return Ok(false);
    }
    let query = format!("SELECT EXISTS ({OWNERS_OF_IMAGE})");
    Ok(connection.query_row(&query, [image], |row| row.get(0))?)
}
