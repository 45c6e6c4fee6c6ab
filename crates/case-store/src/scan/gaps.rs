//! What a case lacks, in numbers: runs without an end, images that were not read whole, and why.

use std::path::PathBuf;

use case_model::Disposition;

use crate::case::case_file::CaseFile;
use crate::file::error::StoreError;
use crate::file::ids::{ExhibitId, ImageId, RunId};
use crate::file::integers::unsigned;
use crate::file::stored_path::stored_path;
use crate::index::closed_words::word;

/// A run of the program, with what it was asked to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// How it ended: `running` when it did not, or not yet.
    pub state: String,
    /// True when it came to its end; a run whose items a later one took over did not.
    pub finished: bool,
    /// Absolute paths, in order; empty when a version wrote it that did not keep them.
    pub items: Vec<PathBuf>,
}

/// An image or folder in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageState {
    /// Its row.
    pub id: ImageId,
    /// Its name.
    pub name: String,
    /// The exhibit that it is.
    pub exhibit: ExhibitId,
    /// The path of the exhibit.
    pub file: PathBuf,
    /// The path as text.
    pub path: String,
    /// `scanning`, `complete`, `incomplete` or `failed`.
    pub state: String,
    /// Why it failed.
    pub error: Option<String>,
}

/// Streams of one disposition that were not read whole in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostStreams {
    /// The disposition.
    pub disposition: Disposition,
    /// Streams in use.
    pub in_use: u64,
    /// Streams that are deleted or that no directory leads to.
    pub deleted: u64,
}

/// What keeps an image from being covered whole. All zero and empty: nothing does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageGaps {
    /// Encrypted volumes: first byte on the medium, the kind of encryption.
    pub encrypted_volumes: Vec<(u64, String)>,
    /// File systems that were not read: first byte of the volume, kind, `unsupported` or `failed`.
    pub unread_file_systems: Vec<(u64, String, String)>,
    /// Streams that were not read whole in the clear.
    pub lost: Vec<LostStreams>,
    /// Problems that cost evidence.
    pub damages: u64,
    /// Ranges of the medium that could not be read.
    pub unreadable_ranges: u64,
    /// Bytes of these ranges.
    pub unreadable_bytes: u64,
    /// Stored digests that do not agree.
    pub wrong_digests: u64,
    /// Counts of the metadata that do not reconcile.
    pub unreconciled: u64,
}

const IMAGES: &str = "SELECT i.id, i.name, i.path, i.state, i.error, x.id, x.path FROM image i JOIN exhibit x ON x.id = i.exhibit \
    WHERE i.id > ?1 ORDER BY i.id";
const ENCRYPTED: &str = "SELECT start, encryption FROM volume WHERE image = ?1 AND encryption IS NOT NULL ORDER BY ordinal";
const UNREAD: &str = "SELECT v.start, f.kind, f.state FROM file_system f JOIN volume v ON v.id = f.volume \
     WHERE v.image = ?1 AND f.state <> 'read' ORDER BY v.ordinal, f.id";
/// The condition is that of the index `entry_lost`: only rows that matter are read.
const LOST: &str = "SELECT disposition, sum(state = 'allocated'), sum(state <> 'allocated') FROM entry \
     WHERE disposition NOT IN ('hashed', 'empty', 'skipped') \
     AND file_system IN (SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1) \
     GROUP BY disposition ORDER BY disposition";
const DAMAGES: &str = "SELECT count(*) FROM problem WHERE image = ?1 AND severity = 'damage'";
const UNREADABLE_RANGES: &str = "SELECT count(*) FROM unreadable_range WHERE image = ?1";
const UNREADABLE_BYTES: &str =
    "SELECT CAST(total(length) AS INTEGER) FROM unreadable_range WHERE image = ?1";
const WRONG_DIGESTS: &str = "SELECT count(*) FROM stored_digest WHERE image = ?1 AND agrees = 0";
const UNRECONCILED: &str = "SELECT count(*) FROM tally t JOIN file_system f ON f.id = t.file_system \
     JOIN volume v ON v.id = f.volume WHERE v.image = ?1 AND t.expected <> t.found";

impl CaseFile {
    /// Returns the runs over the case, in the order in which they began.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn runs(&self) -> Result<Vec<RunRecord>, StoreError> {
        let mut select = self
            .connection
            .prepare("SELECT id, state, finished IS NOT NULL FROM run ORDER BY id")?;
        let rows =
            select.query_map([], |row| Ok((row.get::<_, RunId>(0)?, row.get(1)?, row.get(2)?)))?;
        let mut runs = Vec::new();
        for row in rows {
            let (id, state, finished) = row?;
            let items = self.rows(
                "SELECT path FROM run_item WHERE run = ?1 ORDER BY ordinal",
                id,
                |row| Ok(stored_path(row.get(0)?)),
            )?;
            runs.push(RunRecord { state, finished, items });
        }
        Ok(runs)
    }

    /// Returns the images of the case with their states, in the order of their registration.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_states(&self) -> Result<Vec<ImageState>, StoreError> {
        self.rows(IMAGES, 0, |row| {
            Ok(ImageState {
                id: row.get(0)?,
                name: row.get(1)?,
                path: row.get(2)?,
                state: row.get(3)?,
                error: row.get(4)?,
                exhibit: row.get(5)?,
                file: stored_path(row.get(6)?),
            })
        })
    }

    /// Counts what keeps an image from being covered whole.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_gaps(&self, image: ImageId) -> Result<ImageGaps, StoreError> {
        Ok(ImageGaps {
            encrypted_volumes: self
                .rows(ENCRYPTED, image, |row| Ok((unsigned(row.get(0)?), row.get(1)?)))?,
            unread_file_systems: self
                .rows(UNREAD, image, |row| Ok((unsigned(row.get(0)?), row.get(1)?, row.get(2)?)))?,
            lost: self.rows(LOST, image, |row| {
                Ok(LostStreams {
                    disposition: word(row, 0)?,
                    in_use: unsigned(row.get(1)?),
                    deleted: unsigned(row.get(2)?),
                })
            })?,
            damages: self.count(DAMAGES, image)?,
            unreadable_ranges: self.count(UNREADABLE_RANGES, image)?,
            unreadable_bytes: self.count(UNREADABLE_BYTES, image)?,
            wrong_digests: self.count(WRONG_DIGESTS, image)?,
            unreconciled: self.count(UNRECONCILED, image)?,
        })
    }

    fn count(&self, query: &str, key: ImageId) -> Result<u64, StoreError> {
        Ok(self.connection.query_row(query, [key], |row| row.get(0)).map(unsigned)?)
    }
}
