//! The rows that the seal of a checkpoint covers.

use rusqlite::Connection;

use super::owners::OWNERS_OF_IMAGE;
use super::saved_scan::ScanCheckpoint;
use crate::file::error::StoreError;
use crate::file::ids::{ImageId, RowsAbove};
use crate::file::row_bytes::{INTERNAL, append_row, bind_used};
use crate::file::row_chain::{CHAINS, RowChain};
use crate::index::columns::name_list;
use crate::index::entry_columns::ENTRY;
use crate::index::file_systems_sql::FILE_SYSTEMS_OF_IMAGE;
use crate::index::link_columns::LINK;

/// The chains that the writer continues as it writes; all others are read from the tables.
pub(super) const ENTRIES: usize = 0;
pub(super) const LINKS: usize = 1;
pub(super) const DIRECTORIES: usize = 2;

/// Returns the queries of the rows that a scan writes one behind the other, in the order of the chains. `?1` is the image, `?2` and `?3` are
/// what the numbers of its entries and links are above, `?4` is the last number that is chained, `?5` the checkpoint. The first column is the
/// row's number. Rows of another image may lie between those of this one.
fn chained() -> [String; CHAINS] {
    let entry = name_list(ENTRY);
    let link = name_list(LINK);
    let of_entry = |table: &str, columns: &str, joins: &str, order: &str| {
        format!(
            "SELECT t.entry, {columns} FROM {table} t {joins} CROSS JOIN entry e ON e.id = t.entry \
             WHERE t.entry > max(?2, ?4) AND e.file_system IN {FILE_SYSTEMS_OF_IMAGE} ORDER BY t.entry, {order}"
        )
    };
    [
        format!(
            "SELECT id, {entry} FROM entry WHERE id > max(?2, ?4) AND file_system IN {FILE_SYSTEMS_OF_IMAGE} ORDER BY id"
        ),
        format!("SELECT id, {link} FROM link WHERE id > max(?3, ?4) AND file_system IN {FILE_SYSTEMS_OF_IMAGE} ORDER BY id"),
        format!(
            "SELECT id, file_system, path FROM directory WHERE id > ?4 AND file_system IN {FILE_SYSTEMS_OF_IMAGE} ORDER BY id"
        ),
        of_entry("unreadable_part", "t.start, t.length, t.why", "", "t.start"),
        of_entry(
            "hit",
            "s.id, s.digest, s.name, s.version, t.algorithm, t.digest, t.disposition, t.class, t.label",
            "CROSS JOIN hash_set s ON s.id = t.hash_set",
            "t.hash_set, t.algorithm, t.label, t.disposition, t.class, t.digest",
        ),
        of_entry(
            "stored_finding",
            "a.id, a.name, a.version, t.key, t.value",
            "CROSS JOIN analyser a ON a.id = t.analyser",
            "t.analyser, t.key, t.value",
        ),
        of_entry(
            "withdrawal",
            "s.digest, b.digest",
            "CROSS JOIN hash_set s ON s.id = t.hash_set CROSS JOIN hash_set b ON b.id = t.by",
            "t.hash_set, t.by",
        ),
        of_entry("content_check", "t.agrees, t.sha1_collision, t.repeated_byte", "", "t.agrees"),
        "SELECT id, * FROM problem WHERE image = ?1 AND id > ?4 ORDER BY id".to_owned(),
        "SELECT rowid, part, results FROM scan_result WHERE checkpoint = ?5 AND rowid > ?4 ORDER BY rowid"
            .to_owned(),
    ]
}

/// What is written of an image besides these rows. What is still unknown before the image's verdict takes no part.
const REGISTERED: &[&str] = &[
    "SELECT i.id, i.run, i.name, i.path, i.exhibit, x.path, x.readable, i.container, i.reason, i.bytes, i.sector_bytes, \
     i.digest_version, i.parent, i.place FROM image i LEFT JOIN exhibit x ON x.id = i.exhibit WHERE i.id = ?1",
    "SELECT r.id, r.started, r.configuration FROM image i JOIN run r ON r.id = i.run WHERE i.id = ?1",
    "SELECT t.* FROM image i JOIN run_item t ON t.run = i.run WHERE i.id = ?1 ORDER BY t.ordinal",
    "SELECT * FROM segment WHERE image = ?1 ORDER BY ordinal",
    "SELECT * FROM claim WHERE image = ?1 ORDER BY ordinal",
    "SELECT * FROM stored_digest WHERE image = ?1 ORDER BY algorithm, place, digest",
    "SELECT * FROM unreadable_range WHERE image = ?1 ORDER BY start",
    "SELECT * FROM nested WHERE image = ?1 ORDER BY id",
    "SELECT a.* FROM image_analyser i JOIN analyser a ON a.id = i.analyser WHERE i.image = ?1 ORDER BY a.id",
    "SELECT * FROM volume WHERE image = ?1 ORDER BY id",
    "SELECT f.* FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1 ORDER BY f.id",
    "SELECT t.* FROM tally t JOIN file_system f ON f.id = t.file_system JOIN volume v ON v.id = f.volume \
     WHERE v.image = ?1 ORDER BY t.file_system, t.what",
    OWNERS_OF_IMAGE,
];

/// One chain for each kind of rows.
pub(super) type Chains = [RowChain; CHAINS];

/// Which rows a checkpoint covers.
pub(super) struct Rows {
    pub(super) image: Option<ImageId>,
    pub(super) above: RowsAbove,
    pub(super) checkpoint: Option<i64>,
}

impl Rows {
    /// Returns the rows of the checkpoint with this number.
    pub(super) fn of(checkpoint: &ScanCheckpoint, id: i64) -> Self {
        Self { image: checkpoint.image, above: checkpoint.above, checkpoint: Some(id) }
    }

    /// Chains the rows that are not chained yet.
    ///
    /// # Errors
    /// What SQLite says.
    pub(super) fn chain(
        &self,
        connection: &Connection,
        chains: &mut Chains,
    ) -> Result<(), StoreError> {
        // No row has these numbers.
        let image = self.image.map_or(-1, |image| image.number());
        let checkpoint = self.checkpoint.unwrap_or(-1);
        for (chain, query) in chains.iter_mut().zip(chained()) {
            let values = [image, self.above.entry, self.above.link, chain.last(), checkpoint];
            let mut statement = connection.prepare_cached(&query)?;
            bind_used(&mut statement, &values)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                append_row(chain.next_row(row.get(0)?), row, &INTERNAL)?;
            }
        }
        Ok(())
    }
}

/// Hashes what is written of an image besides the rows that are chained.
///
/// # Errors
/// What SQLite says.
pub(super) fn hash_registered(
    hasher: &mut blake3::Hasher,
    connection: &Connection,
    image: ImageId,
) -> Result<(), StoreError> {
    REGISTERED.iter().try_for_each(|query| hash_rows(hasher, connection, query, image))
}

/// Hashes the rows of a query, and how many they are.
fn hash_rows(
    hasher: &mut blake3::Hasher,
    connection: &Connection,
    query: &str,
    image: ImageId,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([image])?;
    let mut count = 0_u64;
    let mut row_bytes = Vec::new();
    while let Some(row) = rows.next()? {
        row_bytes.clear();
        append_row(&mut row_bytes, row, &INTERNAL)?;
        hasher.update(&row_bytes);
        count = count.saturating_add(1);
    }
    hasher.update(&count.to_be_bytes());
    Ok(())
}
