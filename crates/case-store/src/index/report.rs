//! What a case holds, in numbers.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use case_model::{Disposition, HitDisposition, UnreadableRange};
use rusqlite::OptionalExtension;

use super::closed_words::word;
use super::problem::StoredProblem;
use super::severity::rank_sql;
use crate::case::case_file::CaseFile;
use crate::file::error::StoreError;
use crate::file::ids::{FileSystemId, ImageId, VolumeId};

/// One image in numbers.
#[derive(Clone, Debug)]
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

/// A part of a medium in numbers.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns of `volume`, described in the schema")]
pub struct VolumeReport {
    pub scheme: String,
    pub number: u32,
    pub role: String,
    pub start: u64,
    pub length: u64,
    pub type_code: String,
    pub name: String,
    pub encryption: Option<String>,
    pub file_systems: Vec<FileSystemReport>,
}

/// A file system in numbers.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns of `file_system`, described in the schema")]
pub struct FileSystemReport {
    pub kind: String,
    pub state: String,
    pub label: String,
    pub serial: String,
    pub unallocated_bytes: Option<u64>,
    pub tallies: Vec<Reconciliation>,
}

/// A count of the file system's metadata beside what the scan accounted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// What is counted.
    pub what: String,
    /// By the metadata.
    pub expected: u64,
    /// By the scan.
    pub found: u64,
}

/// Streams of one disposition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamCounts {
    /// Disposition.
    pub disposition: Disposition,
    /// Rule, for what was skipped, in its stored form.
    pub rule: Option<String>,
    /// Allocated.
    pub allocated: u64,
    /// Deleted or orphaned.
    pub deleted: u64,
}

/// Entries that a set lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HitCount {
    /// Severity.
    pub severity: HitDisposition,
    /// Set.
    pub set: String,
    /// Version.
    pub version: String,
    /// Entries.
    pub entries: u64,
}

/// Problems that a summary shows in full.
const FIRST_DAMAGES: i64 = 10;
/// Unreadable ranges of a medium that a summary shows; all stand in the table `unreadable_range`.
const FIRST_UNREADABLE: i64 = 20;

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
        let count: i64 = self.connection.query_row("SELECT count(*) FROM entry", [], |row| row.get(0))?;
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
        let mut report = self.connection.query_row(
            "SELECT id, name, path, container, reason, state, bytes, medium_complete, md5, sha1, sha256, blake3, scan_ns, error, (SELECT x.path FROM exhibit x WHERE x.id = exhibit) \
             FROM image WHERE id = ?1",
            [image],
            |row| {
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
                    file: OsString::from_vec(row.get(14)?).into(),
                    stored: Vec::new(),
                    claims: Vec::new(),
                    analysers: Vec::new(),
                    volumes: Vec::new(),
                    streams: Vec::new(),
                    hashed_bytes: 0,
                    hits: Vec::new(),
                    notes: 0,
                    damages: 0,
                    first_damages: Vec::new(),
                    unreadable_ranges: 0,
                    unreadable_bytes: 0,
                    first_unreadable: Vec::new(),
                })
            },
        )?;
        report.stored = self.rows(
            "SELECT algorithm, digest, place, agrees FROM stored_digest WHERE image = ?1 ORDER BY algorithm, place",
            image,
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )?;
        report.claims =
            self.rows("SELECT field, value FROM claim WHERE image = ?1 ORDER BY ordinal", image, |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        report.analysers = self.analysers(image)?;
        report.volumes = self.volume_reports(image)?;
        self.count_streams(image, &mut report)?;
        self.count_problems(image, &mut report)?;
        Ok(report)
    }

    fn volume_reports(&self, image: ImageId) -> Result<Vec<VolumeReport>, StoreError> {
        let mut volumes = self.rows(
            "SELECT id, scheme, number, role, start, length, type_code, name, encryption FROM volume WHERE image = ?1 ORDER BY ordinal",
            image,
            |row| {
                Ok((
                    row.get::<_, VolumeId>(0)?,
                    VolumeReport {
                        scheme: row.get(1)?,
                        number: row.get(2)?,
                        role: row.get(3)?,
                        start: row.get::<_, i64>(4)?.cast_unsigned(),
                        length: row.get::<_, i64>(5)?.cast_unsigned(),
                        type_code: row.get(6)?,
                        name: row.get(7)?,
                        encryption: row.get(8)?,
                        file_systems: Vec::new(),
                    },
                ))
            },
        )?;
        for (id, volume) in &mut volumes {
            let file_systems = self.rows(
                "SELECT id, kind, state, label, serial, unallocated_bytes FROM file_system WHERE volume = ?1 ORDER BY id",
                *id,
                |row| {
                    Ok((
                        row.get::<_, FileSystemId>(0)?,
                        FileSystemReport {
                            kind: row.get(1)?,
                            state: row.get(2)?,
                            label: row.get(3)?,
                            serial: row.get(4)?,
                            unallocated_bytes: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
                            tallies: Vec::new(),
                        },
                    ))
                },
            )?;
            for (file_system, mut report) in file_systems {
                report.tallies = self.rows(
                    "SELECT what, expected, found FROM tally WHERE file_system = ?1 ORDER BY what",
                    file_system,
                    |row| {
                        Ok(Reconciliation {
                            what: row.get(0)?,
                            expected: row.get::<_, i64>(1)?.cast_unsigned(),
                            found: row.get::<_, i64>(2)?.cast_unsigned(),
                        })
                    },
                )?;
                volume.file_systems.push(report);
            }
        }
        Ok(volumes.into_iter().map(|(_, volume)| volume).collect())
    }

    fn count_streams(&self, image: ImageId, report: &mut ImageReport) -> Result<(), StoreError> {
        report.streams = self.rows(
            "SELECT disposition, CASE disposition WHEN 'skipped' THEN rule END AS why, sum(state = 'allocated'), sum(state <> 'allocated') FROM entry \
             WHERE file_system IN (SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1) \
             GROUP BY disposition, why ORDER BY disposition, why",
            image,
            |row| {
                Ok(StreamCounts {
                    disposition: word(row, 0)?,
                    rule: row.get(1)?,
                    allocated: row.get::<_, i64>(2)?.cast_unsigned(),
                    deleted: row.get::<_, i64>(3)?.cast_unsigned(),
                })
            },
        )?;
        report.hashed_bytes = self
            .connection
            .query_row(
                "SELECT total(size) FROM entry WHERE disposition = 'hashed' \
                 AND file_system IN (SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1)",
                [image],
                |row| row.get::<_, f64>(0),
            )
            .optional()?
            .map_or(0, |total| total as u64);
        let hits = format!(
            "SELECT h.disposition, s.name, s.version, count(DISTINCT h.entry) FROM hit h JOIN hash_set s ON s.id = h.hash_set JOIN entry e ON e.id = h.entry \
             WHERE e.file_system IN (SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1) \
             GROUP BY h.disposition, s.id ORDER BY {}, s.name, s.version",
            rank_sql("h.disposition")
        );
        report.hits = self.rows(&hits, image, |row| {
            Ok(HitCount {
                severity: word(row, 0)?,
                set: row.get(1)?,
                version: row.get(2)?,
                entries: row.get::<_, i64>(3)?.cast_unsigned(),
            })
        })?;
        Ok(())
    }

    fn count_problems(&self, image: ImageId, report: &mut ImageReport) -> Result<(), StoreError> {
        let count = "SELECT coalesce(sum(severity = 'note'), 0), coalesce(sum(severity = 'damage'), 0) FROM problem WHERE image = ?1";
        (report.notes, report.damages) = self.connection.query_row(count, [image], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned()))
        })?;
        // Both owners of a double claim have the same problem: it is shown once.
        let first = format!(
            "SELECT structure, at, statement FROM problem WHERE image = ?1 AND severity = 'damage' \
             GROUP BY file_system, at, structure, statement ORDER BY file_system, at, structure, statement LIMIT {FIRST_DAMAGES}"
        );
        report.first_damages = self.rows(&first, image, |row| {
            let at: Option<i64> = row.get(1)?;
            Ok(StoredProblem { structure: row.get(0)?, at: at.map(i64::cast_unsigned), what: row.get(2)? })
        })?;
        let count = "SELECT count(*), CAST(total(length) AS INTEGER) FROM unreadable_range WHERE image = ?1";
        (report.unreadable_ranges, report.unreadable_bytes) =
            self.connection.query_row(count, [image], |row| {
                Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned()))
            })?;
        let first = format!(
            "SELECT start, length, why FROM unreadable_range WHERE image = ?1 ORDER BY start LIMIT {FIRST_UNREADABLE}"
        );
        report.first_unreadable = self.rows(&first, image, |row| {
            let (start, length): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok(UnreadableRange {
                offset: start.cast_unsigned(),
                length: length.cast_unsigned(),
                why: row.get(2)?,
            })
        })?;
        Ok(())
    }
}
