//! The canonical digest of a case's index.
//!
//! Each image gives a SHA-256 over its rows in an order that depends on the evidence alone; the case's digest is the SHA-256 over the
//! sorted digests of its images. Row numbers, paths on our disks, times of runs and durations do not take part, so the same evidence,
//! sets and configuration give the same digest however often and with how many threads it was scanned.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};
use sha2::{Digest, Sha256};

use crate::{CaseFile, StoreError};

/// First bytes of what is hashed for a case.
const CASE_DOMAIN: &[u8] = b"athar-index/v1\0";

/// What of an image takes part, in order. `?1` is the image's row.
const SECTIONS: &[(&str, &str)] = &[
    (
        "image",
        "SELECT container, bytes, sector_bytes, state, medium_complete, md5, sha1, sha256, blake3 FROM image WHERE id = ?1",
    ),
    ("claim", "SELECT field, value FROM claim WHERE image = ?1 ORDER BY ordinal"),
    (
        "stored digest",
        "SELECT algorithm, digest, place, agrees FROM stored_digest WHERE image = ?1 ORDER BY algorithm, digest, place",
    ),
    ("unreadable range", "SELECT start, length, why FROM unreadable_range WHERE image = ?1 ORDER BY start"),
    (
        "volume",
        "SELECT ordinal, scheme, number, role, start, length, extents, type_code, name, encryption FROM volume WHERE image = ?1 ORDER BY ordinal",
    ),
    (
        "file system",
        "SELECT v.ordinal, f.kind, f.reason, f.state, f.label, f.serial, f.block_bytes, f.blocks, f.unallocated_bytes FROM file_system f \
         JOIN volume v ON v.id = f.volume WHERE v.image = ?1 ORDER BY v.ordinal, f.kind",
    ),
    (
        "tally",
        "SELECT v.ordinal, f.kind, t.what, t.expected, t.found FROM tally t JOIN file_system f ON f.id = t.file_system \
         JOIN volume v ON v.id = f.volume WHERE v.image = ?1 ORDER BY v.ordinal, f.kind, t.what",
    ),
    (
        "entry",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.stream, e.stream_kind, e.stream_name, e.stream_raw, d.path, e.name, e.name_raw, e.encoding, \
         e.kind, e.state, e.orphan, e.metadata, e.at, e.size, e.valid, e.modified, e.accessed, e.changed, e.created, e.deleted, e.times_raw, e.name_times_raw, e.mode, e.uid, \
         e.gid, e.links, e.attributes, e.target, e.target_raw, e.details, e.confidence, e.extents, e.disposition, e.rule, e.content_type, e.md5, \
         e.sha1, e.sha256, e.blake3 FROM entry e JOIN directory d ON d.id = e.directory JOIN file_system f ON f.id = e.file_system \
         JOIN volume v ON v.id = f.volume WHERE v.image = ?1 ORDER BY v.ordinal, f.kind, e.number, e.generation, e.at, e.stream",
    ),
    (
        "unreadable part",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, u.start, u.length, u.why FROM unreadable_part u JOIN entry e ON e.id = u.entry \
         JOIN file_system f ON f.id = e.file_system JOIN volume v ON v.id = f.volume WHERE v.image = ?1 \
         ORDER BY v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, u.start",
    ),
    (
        "link",
        "SELECT v.ordinal, f.kind, l.number, l.generation, d.path, l.name, l.name_raw, l.encoding, l.space, l.state, l.at, l.times_raw FROM link l \
         JOIN directory d ON d.id = l.directory JOIN file_system f ON f.id = l.file_system JOIN volume v ON v.id = f.volume \
         WHERE v.image = ?1 ORDER BY v.ordinal, f.kind, l.number, l.at, d.path, l.name, l.space, l.state",
    ),
    (
        "hit",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, s.digest, h.algorithm, h.digest, h.disposition, h.class, h.label FROM hit h \
         JOIN hash_set s ON s.id = h.hash_set JOIN entry e ON e.id = h.entry JOIN file_system f ON f.id = e.file_system \
         JOIN volume v ON v.id = f.volume WHERE v.image = ?1 \
         ORDER BY v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, s.digest, h.algorithm, h.label, h.disposition, h.class",
    ),
    (
        "problem",
        "SELECT v.ordinal, f.kind, p.number, p.severity, p.structure, p.at, p.text FROM problem p \
         LEFT JOIN file_system f ON f.id = p.file_system LEFT JOIN volume v ON v.id = f.volume WHERE p.image = ?1 \
         ORDER BY v.ordinal, f.kind, p.number, p.severity, p.structure, p.at, p.text",
    ),
];

/// What was added after the first scan of a case, or by a later version of the program: without rows it does not take part, so that digests
/// that were recorded before stay true.
const LATER_SECTIONS: &[(&str, &str)] = &[
    (
        "withdrawal",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, s.digest, b.digest FROM withdrawal w \
         JOIN hash_set s ON s.id = w.hash_set JOIN hash_set b ON b.id = w.by JOIN entry e ON e.id = w.entry \
         JOIN file_system f ON f.id = e.file_system JOIN volume v ON v.id = f.volume WHERE v.image = ?1 \
         ORDER BY v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, s.digest, b.digest",
    ),
    (
        "content check",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, c.agrees, c.sha1_collision, c.repeated_byte FROM content_check c \
         JOIN entry e ON e.id = c.entry JOIN file_system f ON f.id = e.file_system JOIN volume v ON v.id = f.volume WHERE v.image = ?1 \
         ORDER BY v.ordinal, f.kind, e.number, e.generation, e.at, e.stream",
    ),
];

impl CaseFile {
    /// The canonical digest of the index.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn digest(&self) -> Result<[u8; 32], StoreError> {
        case_digest(&self.connection)
    }

    /// The canonical digest of one image's rows: the manifest root that the ledger records for its scan.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_digest(&self, image: i64) -> Result<[u8; 32], StoreError> {
        image_digest(&self.connection, image)
    }
}

/// The canonical digest of the index, as seen by the transaction that `connection` is in.
///
/// # Errors
/// What SQLite says.
pub fn case_digest(connection: &Connection) -> Result<[u8; 32], StoreError> {
    let mut statement = connection.prepare("SELECT id FROM image ORDER BY id")?;
    let images = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let mut digests = Vec::with_capacity(images.len());
    for image in images {
        digests.push(image_digest(connection, image)?);
    }
    digests.sort_unstable();
    let mut whole = Sha256::new_with_prefix(CASE_DOMAIN);
    for digest in digests {
        whole.update(digest);
    }
    Ok(whole.finalize().into())
}

/// The canonical digest of one image's rows, as seen by the transaction that `connection` is in.
///
/// # Errors
/// What SQLite says.
pub fn image_digest(connection: &Connection, image: i64) -> Result<[u8; 32], StoreError> {
    let mut hasher = Sha256::new();
    for (section, query) in SECTIONS {
        hasher.update(section.as_bytes());
        hasher.update(b"\0");
        absorb(&mut hasher, connection.prepare(query)?, image)?;
    }
    for (section, query) in LATER_SECTIONS {
        let mut statement = connection.prepare(query)?;
        if statement.exists([image])? {
            hasher.update(section.as_bytes());
            hasher.update(b"\0");
            absorb(&mut hasher, statement, image)?;
        }
    }
    Ok(hasher.finalize().into())
}

/// Feeds each row: for every value a byte for its type, and for texts and blobs the length before the bytes. All integers big-endian.
fn absorb(hasher: &mut Sha256, mut statement: Statement<'_>, image: i64) -> Result<(), StoreError> {
    let columns = statement.column_count();
    let mut rows = statement.query([image])?;
    let mut row_bytes = Vec::new();
    while let Some(row) = rows.next()? {
        row_bytes.clear();
        row_bytes.push(b'R');
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Null => row_bytes.push(b'N'),
                ValueRef::Integer(value) => {
                    row_bytes.push(b'I');
                    row_bytes.extend_from_slice(&value.to_be_bytes());
                }
                ValueRef::Real(value) => {
                    row_bytes.push(b'F');
                    row_bytes.extend_from_slice(&value.to_be_bytes());
                }
                ValueRef::Text(bytes) => push_bytes(&mut row_bytes, b'T', bytes),
                ValueRef::Blob(bytes) => push_bytes(&mut row_bytes, b'B', bytes),
            }
        }
        hasher.update(&row_bytes);
    }
    hasher.update(b"E");
    Ok(())
}

fn push_bytes(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    out.extend_from_slice(bytes);
}
