//! The parts of a medium and their file systems, in numbers.

use rusqlite::Row;

use crate::case::case_file::CaseFile;
use crate::file::error::StoreError;
use crate::file::ids::{FileSystemId, ImageId, VolumeId};

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

impl CaseFile {
    /// Returns the parts of an image in numbers.
    pub(super) fn volume_reports(&self, image: ImageId) -> Result<Vec<VolumeReport>, StoreError> {
        let volumes = self.rows(
            "SELECT id, scheme, number, role, start, length, type_code, name, encryption FROM volume WHERE image = ?1 ORDER BY ordinal",
            image,
            |row| Ok((row.get(0)?, volume(row)?)),
        )?;
        let of_volume = |(id, volume): (VolumeId, VolumeReport)| {
            Ok(VolumeReport { file_systems: self.file_system_reports(id)?, ..volume })
        };
        volumes.into_iter().map(of_volume).collect()
    }

    fn file_system_reports(&self, volume: VolumeId) -> Result<Vec<FileSystemReport>, StoreError> {
        let file_systems = self.rows(
            "SELECT id, kind, state, label, serial, unallocated_bytes FROM file_system WHERE volume = ?1 ORDER BY id",
            volume,
            |row| Ok((row.get(0)?, file_system(row)?)),
        )?;
        let of_file_system = |(id, report): (FileSystemId, FileSystemReport)| {
            let query =
                "SELECT what, expected, found FROM tally WHERE file_system = ?1 ORDER BY what";
            Ok(FileSystemReport { tallies: self.rows(query, id, tally)?, ..report })
        };
        file_systems.into_iter().map(of_file_system).collect()
    }
}

/// Reads the columns of a volume, whose number is the first.
fn volume(row: &Row<'_>) -> Result<VolumeReport, rusqlite::Error> {
    Ok(VolumeReport {
        scheme: row.get(1)?,
        number: row.get(2)?,
        role: row.get(3)?,
        start: row.get::<_, i64>(4)?.cast_unsigned(),
        length: row.get::<_, i64>(5)?.cast_unsigned(),
        type_code: row.get(6)?,
        name: row.get(7)?,
        encryption: row.get(8)?,
        file_systems: Vec::new(),
    })
}

/// Reads the columns of a file system, whose number is the first.
fn file_system(row: &Row<'_>) -> Result<FileSystemReport, rusqlite::Error> {
    Ok(FileSystemReport {
        kind: row.get(1)?,
        state: row.get(2)?,
        label: row.get(3)?,
        serial: row.get(4)?,
        unallocated_bytes: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
        tallies: Vec::new(),
    })
}

fn tally(row: &Row<'_>) -> Result<Reconciliation, rusqlite::Error> {
    Ok(Reconciliation {
        what: row.get(0)?,
        expected: row.get::<_, i64>(1)?.cast_unsigned(),
        found: row.get::<_, i64>(2)?.cast_unsigned(),
    })
}
