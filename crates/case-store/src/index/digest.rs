//! The canonical digest of a case's index.
//!
//! Every row gives a SHA-256; each image one over the sorted digests of its rows, table by table; the case one over the sorted digests of
//! its images. Sorting digests instead of rows makes the order in the file irrelevant without sorting the rows themselves. Row numbers,
//! paths on our disks, times of runs and durations do not take part, so the same evidence, sets and configuration give the same digest
//! however often and with how many threads it was scanned.

use std::collections::HashMap;

use case_model::StopToken;
use rusqlite::{Connection, Statement};
use sha2::{Digest, Sha256};

use super::columns::digest_list;
use super::entry_columns::ENTRY;
use super::finding::has_tables;
use super::link_columns::LINK;
use crate::case::case_file::CaseFile;
use crate::case::transaction::CaseTransaction;
use crate::file::error::StoreError;
use crate::file::ids::ImageId;
use crate::file::layout::user_version;
use crate::file::row_bytes::{CANONICAL, append_row, bind_used};
use crate::file::stoppable::stoppable;
use crate::scan::nested::has_nested;

/// How the rows of an image take part in the digest: each image has the version by which it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DigestVersion {
    /// Rules, problems and reasons as English sentences: images of a layout before 4.
    Sentences,
    /// Rules, problems and reasons as kinds with values; by what a file system was recognised takes no part.
    Kinds,
}

impl DigestVersion {
    /// The version by which this program writes.
    pub const NEWEST: Self = Self::Kinds;

    /// Returns the number in the index and in messages.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Sentences => 2,
            Self::Kinds => 3,
        }
    }

    /// Returns the version with this number; the newest for one that the schema does not allow.
    fn from_number(number: u8) -> Self {
        if number == Self::Sentences.number() { Self::Sentences } else { Self::NEWEST }
    }

    /// First bytes of what is hashed for a case.
    const fn case_domain(self) -> &'static [u8] {
        match self {
            Self::Sentences => b"athar-index/v2\0",
            Self::Kinds => b"athar-index/v3\0",
        }
    }

    /// First bytes of what is hashed for an image.
    const fn image_domain(self) -> &'static [u8] {
        match self {
            Self::Sentences => b"",
            Self::Kinds => b"athar-image/v3\0",
        }
    }

    /// What takes the place of `{reason}` in [`SECTIONS`].
    const fn reason(self) -> &'static str {
        match self {
            Self::Sentences => "f.reason, ",
            Self::Kinds => "",
        }
    }
}

/// What of an image takes part. `?1` is the image's row; its entries and links have row numbers over `?2` and `?3`. `{entry}` and `{link}`
/// are the columns of these tables; `{reason}` is one of version 2 alone, `{statement}` what a problem says.
const SECTIONS: &[(&str, &str)] = &[
    (
        "image",
        "SELECT container, bytes, sector_bytes, state, medium_complete, md5, sha1, sha256, blake3 FROM image WHERE id = ?1",
    ),
    ("claim", "SELECT ordinal, field, value FROM claim WHERE image = ?1"),
    ("stored digest", "SELECT algorithm, digest, place, agrees FROM stored_digest WHERE image = ?1"),
    ("unreadable range", "SELECT start, length, why FROM unreadable_range WHERE image = ?1"),
    (
        "volume",
        "SELECT ordinal, scheme, number, role, start, length, extents, type_code, name, encryption FROM volume WHERE image = ?1",
    ),
    (
        "file system",
        "SELECT v.ordinal, f.kind, {reason}f.state, f.label, f.serial, f.block_bytes, f.blocks, f.unallocated_bytes FROM file_system f \
         JOIN volume v ON v.id = f.volume WHERE v.image = ?1",
    ),
    (
        "tally",
        "SELECT v.ordinal, f.kind, t.what, t.expected, t.found FROM tally t JOIN file_system f ON f.id = t.file_system \
         JOIN volume v ON v.id = f.volume WHERE v.image = ?1",
    ),
    (
        "entry",
        "SELECT {entry} FROM entry e CROSS JOIN directory d ON d.id = e.directory CROSS JOIN file_system f ON f.id = e.file_system \
         CROSS JOIN volume v ON v.id = f.volume WHERE e.id > ?2 AND e.file_system IN \
         (SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1)",
    ),
    (
        "unreadable part",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, u.start, u.length, u.why FROM unreadable_part u \
         CROSS JOIN entry e ON e.id = u.entry CROSS JOIN file_system f ON f.id = e.file_system CROSS JOIN volume v ON v.id = f.volume \
         WHERE u.entry > ?2 AND v.image = ?1",
    ),
    (
        "link",
        "SELECT {link} FROM link l \
         CROSS JOIN directory d ON d.id = l.directory CROSS JOIN file_system f ON f.id = l.file_system CROSS JOIN volume v ON v.id = f.volume \
         WHERE l.id > ?3 AND l.file_system IN (SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1)",
    ),
    (
        "hit",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, s.digest, h.algorithm, h.digest, h.disposition, h.class, h.label FROM hit h \
         CROSS JOIN hash_set s ON s.id = h.hash_set CROSS JOIN entry e ON e.id = h.entry CROSS JOIN file_system f ON f.id = e.file_system \
         CROSS JOIN volume v ON v.id = f.volume WHERE h.entry > ?2 AND v.image = ?1",
    ),
    (
        "problem",
        "SELECT v.ordinal, f.kind, p.number, p.severity, p.structure, p.at, {statement} FROM problem p \
         LEFT JOIN file_system f ON f.id = p.file_system LEFT JOIN volume v ON v.id = f.volume WHERE p.image = ?1",
    ),
    (
        "withdrawal",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, s.digest, b.digest FROM withdrawal w \
         CROSS JOIN hash_set s ON s.id = w.hash_set CROSS JOIN hash_set b ON b.id = w.by CROSS JOIN entry e ON e.id = w.entry \
         CROSS JOIN file_system f ON f.id = e.file_system CROSS JOIN volume v ON v.id = f.volume WHERE w.entry > ?2 AND v.image = ?1",
    ),
    (
        "content check",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, c.agrees, c.sha1_collision, c.repeated_byte FROM content_check c \
         CROSS JOIN entry e ON e.id = c.entry CROSS JOIN file_system f ON f.id = e.file_system CROSS JOIN volume v ON v.id = f.volume \
         WHERE c.entry > ?2 AND v.image = ?1",
    ),
];

/// What takes part where there is any of it: images without it keep the digest that earlier layouts gave them.
const SECTIONS_IF_ANY: &[(&str, &str)] = &[
    (
        "parent",
        "SELECT i.place, p.sha256, v.ordinal, f.kind, e.number, e.generation, e.stream FROM image i CROSS JOIN entry e ON e.id = i.parent \
         CROSS JOIN file_system f ON f.id = e.file_system CROSS JOIN volume v ON v.id = f.volume CROSS JOIN image p ON p.id = v.image \
         WHERE i.id = ?1",
    ),
    (
        "nested",
        "SELECT v.ordinal, f.kind, e.number, e.generation, e.stream, n.name, n.locator, n.container, n.reason, n.readable, n.bytes, \
         n.stored_bytes, n.files FROM nested n CROSS JOIN entry e ON e.id = n.entry CROSS JOIN file_system f ON f.id = e.file_system \
         CROSS JOIN volume v ON v.id = f.volume WHERE n.image = ?1",
    ),
];

/// The same for findings: they have a later layout.
const FINDINGS_IF_ANY: &[(&str, &str)] = &[(
    "finding",
    "SELECT v.ordinal, f.kind, e.number, e.generation, e.at, e.stream, a.name, a.version, s.key, s.value FROM stored_finding s \
     CROSS JOIN analyser a ON a.id = s.analyser CROSS JOIN entry e ON e.id = s.entry CROSS JOIN file_system f ON f.id = e.file_system \
     CROSS JOIN volume v ON v.id = f.volume WHERE s.entry > ?2 AND v.image = ?1",
)];

/// Row numbers that those of an image's entries and links are above: without indexes, older rows need not be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowsAbove {
    pub(crate) entry: i64,
    pub(crate) link: i64,
}

impl CaseFile {
    /// The canonical digest of the index.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn digest(&self) -> Result<[u8; 32], StoreError> {
        self.digest_knowing(&HashMap::new())
    }

    /// As [`CaseFile::digest`]; of images whose digest is `known` and whose rows have not changed since, it is not computed again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn digest_knowing(&self, known: &HashMap<ImageId, [u8; 32]>) -> Result<[u8; 32], StoreError> {
        digest_of_images(&self.connection, known)
    }

    /// As [`CaseFile::digest_knowing`], until `stop` is requested.
    ///
    /// # Errors
    /// What SQLite says; [`StoreError::is_stopped`] after a stop.
    pub fn digest_unless_stopped(
        &mut self,
        known: &HashMap<ImageId, [u8; 32]>,
        stop: &StopToken,
    ) -> Result<[u8; 32], StoreError> {
        stoppable(&mut self.connection, stop, |connection, _| digest_of_images(connection, known))
    }

    /// Returns the version of [`CaseFile::digest`]: the newest of its images.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn digest_version(&self) -> Result<DigestVersion, StoreError> {
        case_version(&self.connection)
    }

    /// The canonical digest of one image's rows: the manifest root that the ledger records for its scan.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_digest(&self, image: ImageId) -> Result<[u8; 32], StoreError> {
        image_digest(&self.connection, image, RowsAbove::default())
    }
}

impl CaseTransaction<'_> {
    /// Returns the canonical digest of the index, as this transaction sees it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn digest(&self) -> Result<[u8; 32], StoreError> {
        digest_of_images(self.connection, &HashMap::new())
    }

    /// Returns the canonical digest of one image's rows, as this transaction sees them. Its entries and links are `above` these rows.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_digest(&self, image: ImageId, above: RowsAbove) -> Result<[u8; 32], StoreError> {
        image_digest(self.connection, image, above)
    }
}

fn digest_of_images(
    connection: &Connection,
    known: &HashMap<ImageId, [u8; 32]>,
) -> Result<[u8; 32], StoreError> {
    let mut statement = connection.prepare("SELECT id FROM image ORDER BY id")?;
    let images = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<ImageId>, _>>()?;
    let mut digests = Vec::with_capacity(images.len());
    for image in images {
        digests.push(match known.get(&image) {
            Some(digest) => *digest,
            None => image_digest(connection, image, RowsAbove::default())?,
        });
    }
    digests.sort_unstable();
    let mut whole = Sha256::new_with_prefix(case_version(connection)?.case_domain());
    for digest in digests {
        whole.update(digest);
    }
    Ok(whole.finalize().into())
}

/// The first layout whose images name the version of their digest.
const NAMES_VERSIONS: i64 = 4;

/// The newest version of the images: a case of old images alone has the digest that its ledger recorded.
fn case_version(connection: &Connection) -> Result<DigestVersion, StoreError> {
    if user_version(connection)? < NAMES_VERSIONS {
        return Ok(DigestVersion::Sentences);
    }
    let newest = "SELECT coalesce(max(digest_version), 2) FROM image";
    Ok(DigestVersion::from_number(connection.query_row(newest, [], |row| row.get(0))?))
}

/// The version of an image's rows, and the column that says what is wrong in `problem`.
fn image_version(
    connection: &Connection,
    image: ImageId,
) -> Result<(DigestVersion, &'static str), StoreError> {
    // A copy that is only looked at keeps its older layout.
    if user_version(connection)? < NAMES_VERSIONS {
        return Ok((DigestVersion::Sentences, "p.text"));
    }
    let version = "SELECT digest_version FROM image WHERE id = ?1";
    let number = connection.query_row(version, [image], |row| row.get(0))?;
    Ok((DigestVersion::from_number(number), "p.statement"))
}

fn image_digest(connection: &Connection, image: ImageId, above: RowsAbove) -> Result<[u8; 32], StoreError> {
    let (version, statement) = image_version(connection, image)?;
    let mut hasher = Sha256::new_with_prefix(version.image_domain());
    let (entry, link) = (digest_list(ENTRY), digest_list(LINK));
    for (section, query) in SECTIONS {
        let query = query.replace("{entry}", &entry).replace("{link}", &link);
        let query = query.replace("{reason}", version.reason()).replace("{statement}", statement);
        let rows = row_digests(connection.prepare(&query)?, image, above)?;
        take_section(&mut hasher, section, rows);
    }
    let nested = if has_nested(connection)? { SECTIONS_IF_ANY } else { &[] };
    let findings = if has_tables(connection)? { FINDINGS_IF_ANY } else { &[] };
    for (section, query) in nested.iter().chain(findings) {
        let rows = row_digests(connection.prepare(query)?, image, above)?;
        if !rows.is_empty() {
            take_section(&mut hasher, section, rows);
        }
    }
    Ok(hasher.finalize().into())
}

fn take_section(hasher: &mut Sha256, section: &str, mut rows: Vec<[u8; 32]>) {
    hasher.update(section.as_bytes());
    hasher.update(b"\0");
    rows.sort_unstable();
    hasher.update((rows.len() as u64).to_be_bytes());
    rows.iter().for_each(|row| hasher.update(row));
}

/// The digest of each row ([`append_row`]).
fn row_digests(
    mut statement: Statement<'_>,
    image: ImageId,
    above: RowsAbove,
) -> Result<Vec<[u8; 32]>, StoreError> {
    bind_used(&mut statement, &[image.number(), above.entry, above.link])?;
    let mut rows = statement.raw_query();
    let mut digests = Vec::new();
    let mut row_bytes = Vec::new();
    while let Some(row) = rows.next()? {
        row_bytes.clear();
        append_row(&mut row_bytes, row, &CANONICAL)?;
        digests.push(Sha256::digest(&row_bytes).into());
    }
    Ok(digests)
}
