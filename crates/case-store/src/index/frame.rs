//! Digests of what is shown of a case and does not take part in the canonical digest: names and paths of exhibits, times, runs, names of hash
//! sets, row numbers. They differ from scan to scan of the same evidence; the ledger's entries name them so that nobody changes them later.

use rusqlite::{Connection, Row, Statement};
use sha2::{Digest, Sha256};

use crate::case::case_file::CaseFile;
use crate::case::transaction::CaseTransaction;
use crate::file::error::StoreError;
use crate::file::ids::ImageId;
use crate::file::row_bytes::{INTERNAL, append_columns, bind_used};
use crate::index::digest::RowReader;
use crate::scan::owners::{OWNERS_OF_IMAGE, has_owners};

/// First bytes of what is hashed for the frame of an image.
const IMAGE_DOMAIN: &[u8] = b"athar-image-frame/v1\0";
/// First bytes of what is hashed for the frame of a case.
const CASE_DOMAIN: &[u8] = b"athar-case-frame/v1\0";

/// What of an image takes part before its entries. `?1` is the image's row.
const OF_IMAGE: &[&str] = &[
    "SELECT i.id, i.run, i.name, i.path, i.exhibit, x.path, x.readable, i.reason, i.bytes, i.scan_ns, i.error, \
     i.digest_version, i.parent, i.place FROM image i \
     LEFT JOIN exhibit x ON x.id = i.exhibit WHERE i.id = ?1",
    "SELECT a.name, a.version FROM image_analyser i JOIN analyser a ON a.id = i.analyser WHERE i.image = ?1 ORDER BY a.name, a.version",
    "SELECT ordinal, name, bytes FROM segment WHERE image = ?1 ORDER BY ordinal",
    "SELECT id, ordinal FROM volume WHERE image = ?1 ORDER BY id",
    "SELECT f.id, f.volume, f.reason FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1 ORDER BY f.id",
    "SELECT id, severity, at FROM problem WHERE image = ?1 ORDER BY id",
];
/// What of an entry takes part, and in which order.
const OF_ENTRY: (&str, &str) =
    ("e.id, e.file_system, e.number, e.generation, e.at, e.stream", "e.id");
/// The same of a link; links come after the entries.
const OF_LINK: (&str, &str) = ("l.id, l.file_system, l.number, l.at", "l.id");

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
    /// Returns the digest of the case's frame.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn case_frame(&self) -> Result<[u8; 32], StoreError> {
        case_frame(&self.connection)
    }
}

impl CaseTransaction<'_> {
    /// Returns the digest of the case's frame, as this transaction sees it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn case_frame(&self) -> Result<[u8; 32], StoreError> {
        case_frame(self.connection)
    }
}

fn case_frame(connection: &Connection) -> Result<[u8; 32], StoreError> {
    let mut hasher =
        RowHasher { hasher: Sha256::new_with_prefix(CASE_DOMAIN), row_bytes: Vec::new() };
    for query in OF_CASE {
        hasher.rows(connection.prepare(query)?, &[])?;
    }
    Ok(hasher.hasher.finalize().into())
}

/// Hashes rows in their order: a byte before each row ([`append_columns`]), and a byte at the end of a query's.
struct RowHasher {
    hasher: Sha256,
    row_bytes: Vec<u8>,
}

impl RowHasher {
    const ROW: u8 = 1;
    const END: u8 = 0;

    fn rows(&mut self, mut statement: Statement<'_>, values: &[i64]) -> Result<(), StoreError> {
        bind_used(&mut statement, values)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            self.row(row, 0)?;
        }
        self.end();
        Ok(())
    }

    /// Hashes the columns of a row from `first` on.
    fn row(&mut self, row: &Row<'_>, first: usize) -> Result<(), StoreError> {
        self.row_bytes.clear();
        self.row_bytes.push(Self::ROW);
        let columns = first..row.as_ref().column_count();
        append_columns(&mut self.row_bytes, row, columns, &INTERNAL)?;
        self.hasher.update(&self.row_bytes);
        Ok(())
    }

    fn end(&mut self) {
        self.hasher.update([Self::END]);
    }
}

/// The frame of an image on its way: its entries and links are read for the canonical digest, too.
pub(super) struct ImageFrame(RowHasher);

impl ImageFrame {
    /// Begins with all that is before the entries.
    pub(super) fn begin(connection: &Connection, image: ImageId) -> Result<Self, StoreError> {
        let mut hasher =
            RowHasher { hasher: Sha256::new_with_prefix(IMAGE_DOMAIN), row_bytes: Vec::new() };
        for query in OF_IMAGE {
            hasher.rows(connection.prepare(query)?, &[image.number()])?;
        }
        // Only where there are some: frames of images that were scanned before owners were read stay as they are.
        if has_owners(connection, image)? {
            hasher.rows(connection.prepare(OWNERS_OF_IMAGE)?, &[image.number()])?;
        }
        Ok(Self(hasher))
    }

    /// Returns the digest.
    pub(super) fn finish(self) -> [u8; 32] {
        self.0.hasher.finalize().into()
    }
}

impl RowReader for ImageFrame {
    fn columns(&self, section: &str) -> Option<(&'static str, &'static str)> {
        match section {
            "entry" => Some(OF_ENTRY),
            "link" => Some(OF_LINK),
            _ => None,
        }
    }

    fn take(&mut self, row: &Row<'_>, first: usize) -> Result<(), StoreError> {
        self.0.row(row, first)
    }

    fn end(&mut self) {
        self.0.end();
    }
}
