//! Digests of what is shown of a case and does not take part in the canonical digest: names and paths of exhibits, times, runs, names of hash
//! sets, row numbers. They differ from scan to scan of the same evidence; the ledger's entries name them so that nobody changes them later.

use rusqlite::{Connection, Statement};
use sha2::{Digest, Sha256};

use crate::case::case_file::CaseFile;
use crate::case::transaction::CaseTransaction;
use crate::file::error::StoreError;
use crate::file::ids::ImageId;
use crate::file::row_bytes::{INTERNAL, append_row, bind_used};
use crate::index::digest::RowsAbove;
use crate::scan::owners::{OWNERS_OF_IMAGE, has_owners};

/// First bytes of what is hashed for the frame of an image.
const IMAGE_DOMAIN: &[u8] = b"athar-image-frame/v1\0";
/// First bytes of what is hashed for the frame of a case.
const CASE_DOMAIN: &[u8] = b"athar-case-frame/v1\0";

/// What of an image takes part. `?1` is the image's row; its entries and links have row numbers over `?2` and `?3`.
const OF_IMAGE: &[&str] = &[
    "SELECT i.id, i.run, i.name, i.path, i.exhibit, x.path, x.readable, i.reason, i.bytes, i.scan_ns, i.error, \
     i.digest_version, i.parent, i.place FROM image i \
     LEFT JOIN exhibit x ON x.id = i.exhibit WHERE i.id = ?1",
    "SELECT a.name, a.version FROM image_analyser i JOIN analyser a ON a.id = i.analyser WHERE i.image = ?1 ORDER BY a.name, a.version",
    "SELECT ordinal, name, bytes FROM segment WHERE image = ?1 ORDER BY ordinal",
    "SELECT id, ordinal FROM volume WHERE image = ?1 ORDER BY id",
    "SELECT f.id, f.volume, f.reason FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1 ORDER BY f.id",
    "SELECT id, severity, at FROM problem WHERE image = ?1 ORDER BY id",
    "SELECT e.id, e.file_system, e.number, e.generation, e.at, e.stream FROM entry e WHERE e.id > ?2 AND e.file_system IN \
     (SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1) ORDER BY e.id",
    "SELECT l.id, l.file_system, l.number, l.at FROM link l WHERE l.id > ?3 AND l.file_system IN \
     (SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1) ORDER BY l.id",
];

/// What of the case takes part.
const OF_CASE: &[&str] = &[
    "SELECT name, value FROM property WHERE name = 'case'",
    "SELECT id, started, finished, state, configuration FROM run ORDER BY id",
    "SELECT run, ordinal, path FROM run_item ORDER BY run, ordinal",
    "SELECT id, digest, name, version FROM hash_set ORDER BY id",
    "SELECT id, path, readable FROM exhibit ORDER BY id",
    "SELECT id, exhibit FROM image ORDER BY id",
];

impl CaseFile {
    /// Returns the digest of an image's frame.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_frame(&self, image: ImageId) -> Result<[u8; 32], StoreError> {
        image_frame(&self.connection, image, RowsAbove::default())
    }

    /// Returns the digest of the case's frame.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn case_frame(&self) -> Result<[u8; 32], StoreError> {
        case_frame(&self.connection)
    }
}

impl CaseTransaction<'_> {
    /// Returns the digest of an image's frame, as this transaction sees it. Its entries and links are `above` these rows.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_frame(&self, image: ImageId, above: RowsAbove) -> Result<[u8; 32], StoreError> {
        image_frame(self.connection, image, above)
    }

    /// Returns the digest of the case's frame, as this transaction sees it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn case_frame(&self) -> Result<[u8; 32], StoreError> {
        case_frame(self.connection)
    }
}

fn image_frame(connection: &Connection, image: ImageId, above: RowsAbove) -> Result<[u8; 32], StoreError> {
    let mut hasher = Sha256::new_with_prefix(IMAGE_DOMAIN);
    for query in OF_IMAGE {
        hash_rows(&mut hasher, connection.prepare(query)?, &[image.number(), above.entry, above.link])?;
    }
    // Only where there are some: frames of images that were scanned before owners were read stay as they are.
    if has_owners(connection, image.number())? {
        hash_rows(&mut hasher, connection.prepare(OWNERS_OF_IMAGE)?, &[image.number()])?;
    }
    Ok(hasher.finalize().into())
}

fn case_frame(connection: &Connection) -> Result<[u8; 32], StoreError> {
    let mut hasher = Sha256::new_with_prefix(CASE_DOMAIN);
    for query in OF_CASE {
        hash_rows(&mut hasher, connection.prepare(query)?, &[])?;
    }
    Ok(hasher.finalize().into())
}

/// Hashes the rows of a query in their order: a byte before each row ([`append_row`]), and a byte at the end.
fn hash_rows(hasher: &mut Sha256, mut statement: Statement<'_>, values: &[i64]) -> Result<(), StoreError> {
    const ROW: u8 = 1;
    const END: u8 = 0;
    bind_used(&mut statement, values)?;
    let mut rows = statement.raw_query();
    let mut row_bytes = Vec::new();
    while let Some(row) = rows.next()? {
        row_bytes.clear();
        row_bytes.push(ROW);
        append_row(&mut row_bytes, row, &INTERNAL)?;
        hasher.update(&row_bytes);
    }
    hasher.update([END]);
    Ok(())
}
