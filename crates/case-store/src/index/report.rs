//! What a case holds, in numbers.

use std::path::PathBuf;

use case_model::UnreadableRange;
use rusqlite::{OptionalExtension, Row};

use super::problem::StoredProblem;
use super::report_counts::{HitCount, StreamCounts};
use super::report_volumes::VolumeReport;
use crate::case::case_file::CaseFile;
use crate::file::error::StoreError;
use crate::file::ids::ImageId;
use crate::file::stored_path::stored_path;

/// One image in numbers.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the columns of `image`, described in the schema")]
pub struct ImageReport {
    pub id: ImageId,
    pub name: String,
    /// The path as text.
    pub path: String,
    /// The path of the exhibit.
    pub file: PathBuf,
    pub container: String,
    pub reason: String,
    pub state: String,
    pub bytes: Option<u64>,
    pub medium_complete: Option<bool>,
    pub md5: Option<Vec<u8>>,
    pub sha1: Option<Vec<u8>>,
    pub sha256: Option<Vec<u8>>,
    pub blake3: Option<Vec<u8>>,
    pub scan_ns: u64,
    pub error: Option<String>,
    /// Digests that the container stores: algorithm, digest, place, whether they agree.
    pub stored: Vec<(String, Vec<u8>, String, Option<bool>)>,
    /// Claims: field, value.
    pub claims: Vec<(String, String)>,
    /// Analysers that looked into the streams: name and version.
    pub analysers: Vec<(String, String)>,
    /// Parts of the medium.
    pub volumes: Vec<VolumeReport>,
    /// Streams by disposition: allocated, and deleted or orphaned.
    pub streams: Vec<StreamCounts>,
    /// Bytes of content that were hashed.
    pub hashed_bytes: u64,
    /// Entries that sets list, by severity and set.
    pub hits: Vec<HitCount>,
    /// Number of notes and of damages.
    pub notes: u64,
    /// Number of problems that cost evidence.
    pub damages: u64,
    /// The first problems that cost evidence.
    pub first_damages: Vec<StoredProblem>,
    /// Ranges of the medium that could not be read, and their bytes.
    pub unreadable_ranges: u64,
    pub unreadable_bytes: u64,
    /// The first of them.
    pub first_unreadable: Vec<UnreadableRange>,
}

impl CaseFile {
    /// The images of the case, in the order of their registration.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn images(&self) -> Result<Vec<ImageId>, StoreError> {
        let mut statement = self.connection.prepare("SELECT id FROM image ORDER BY id")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Number of entries: streams, and objects without content.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn entry_count(&self) -> Result<u64, StoreError> {
        let count: i64 =
            self.connection.query_row("SELECT count(*) FROM entry", [], |row| row.get(0))?;
        Ok(count.cast_unsigned())
    }

    /// The code page of FAT short names that the last scan was told.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn code_page(&self) -> Result<u16, StoreError> {
        let query = "SELECT configuration ->> 'code_page' FROM run ORDER BY id DESC LIMIT 1";
        Ok(self.connection.query_row(query, [], |row| row.get(0)).optional()?.unwrap_or(437))
    }

    /// One image in numbers.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_report(&self, image: ImageId) -> Result<ImageReport, StoreError> {
        let query = "SELECT i.id, i.name, i.path, i.container, i.reason, i.state, i.bytes, i.medium_complete, i.md5, i.sha1, i.sha256, \
                     i.blake3, i.scan_ns, i.error, x.path FROM image i LEFT JOIN exhibit x ON x.id = i.exhibit WHERE i.id = ?1";
        let mut report =
            self.connection.prepare_cached(query)?.query_row([image], columns_of_image)?;
        report.stored = self.rows(
            "SELECT algorithm, digest, place, agrees FROM stored_digest WHERE image = ?1 ORDER BY algorithm, place",
            image,
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )?;
        report.claims = self.rows(
            "SELECT field, value FROM claim WHERE image = ?1 ORDER BY ordinal",
            image,
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        report.analysers = self.analysers(image)?;
        report.volumes = self.volume_reports(image)?;
        self.count_streams(image, &mut report)?;
        self.count_hits(image, &mut report)?;
        self.count_problems(image, &mut report)?;
        self.count_unreadable(image, &mut report)?;
        Ok(report)
    }
}

/// Reads the columns of an image; its other numbers are still zero.
fn columns_of_image(row: &Row<'_>) -> Result<ImageReport, rusqlite::Error> {
    Ok(ImageReport {
        id: row.get(0)?,
        name: row.get(1)?,
        path: row.get(2)?,
        container: row.get(3)?,
        reason: row.get(4)?,
        state: row.get(5)?,
        bytes: row.get::<_, Option<i64>>(6)?.map(i64::cast_unsigned),
        medium_complete: row.get(7)?,
        md5: row.get(8)?,
        sha1: row.get(9)?,
        sha256: row.get(10)?,
        blake3: row.get(11)?,
        scan_ns: row.get::<_, Option<i64>>(12)?.unwrap_or(0).cast_unsigned(),
        error: row.get(13)?,
        file: stored_path(row.get(14)?),
        ..ImageReport::default()
    })
}
