//! Rows of images, volumes, file systems and problems.

use case_model::Digests;
use rusqlite::{Connection, OptionalExtension, params};

use crate::extents::decode_extents;
use crate::writer::insert_problem;
use crate::{CaseFile, RunState, StoreError};

/// An image (or folder) that is being registered.
#[derive(Clone, Debug)]
pub struct ImageRow {
    /// File name.
    pub name: String,
    /// Absolute path.
    pub path: String,
    /// `raw`, `ewf`, …, `folder`.
    pub container: &'static str,
    /// By what the container was recognised.
    pub reason: String,
    /// Size of the medium in bytes; `None` for a folder.
    pub bytes: Option<u64>,
    /// Bytes of a sector.
    pub sector_bytes: Option<u32>,
    /// Files of the image: name, bytes.
    pub segments: Vec<(String, u64)>,
    /// What the container claims: field, value.
    pub claims: Vec<(String, String)>,
    /// Digests the container stores: algorithm key, digest, place.
    pub stored_digests: Vec<(&'static str, Vec<u8>, &'static str)>,
}

/// How the scan of an image ended.
#[derive(Clone, Debug)]
pub struct ImageOutcome {
    /// State.
    pub state: RunState,
    /// Was every byte of the medium read? `None` for a folder.
    pub medium_complete: Option<bool>,
    /// Digests of the medium.
    pub digests: Digests,
    /// Ranges of the medium that could not be read: first byte, length, why.
    pub unreadable: Vec<(u64, u64, String)>,
    /// Duration in nanoseconds.
    pub scan_ns: u64,
    /// Why it failed.
    pub error: Option<String>,
    /// What was found out at the end of the scan.
    pub problems: Vec<ProblemRow>,
}

/// Whose a stream is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of `entry`, described in the schema")]
pub struct NamedStream {
    pub path: String,
    pub file_system: String,
    pub number: u64,
    pub generation: u64,
}

/// A part of the medium.
#[derive(Clone, Debug)]
pub struct VolumeRow {
    /// Ordinal in the division, from 0.
    pub ordinal: u32,
    /// Scheme.
    pub scheme: &'static str,
    /// Number in its table.
    pub number: u32,
    /// `volume`, `unpartitioned`, `table`.
    pub role: &'static str,
    /// First byte on the medium.
    pub start: u64,
    /// Length in bytes.
    pub length: u64,
    /// Extents as JSON, when there are several.
    pub extents: Option<String>,
    /// Type as the table says.
    pub type_code: String,
    /// Name as the table says.
    pub name: String,
    /// Encryption that was recognised.
    pub encryption: Option<&'static str>,
}

/// A file system on a volume.
#[derive(Clone, Debug)]
pub struct FileSystemRow {
    /// Kind.
    pub kind: &'static str,
    /// By what it was recognised.
    pub reason: String,
    /// `read`, `unsupported`, `failed`.
    pub state: &'static str,
    /// Label.
    pub label: String,
    /// Serial number or UUID.
    pub serial: String,
    /// Allocation unit in bytes.
    pub block_bytes: u32,
    /// Allocation units.
    pub blocks: u64,
}

/// Something wrong, or worth knowing.
#[derive(Clone, Debug)]
pub struct ProblemRow {
    /// Record number, where it concerns one.
    pub number: Option<u64>,
    /// Does it cost evidence?
    pub damage: bool,
    /// Structure.
    pub structure: &'static str,
    /// Byte offset on the medium (or in the container file).
    pub at: Option<u64>,
    /// The whole message.
    pub text: String,
}

/// Offsets and sizes are unsigned and below 2^63 on every medium that exists; what hostile metadata claims beyond is kept as the
/// largest value and the problem says the rest.
pub(crate) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl CaseFile {
    /// Registers an image. Call within [`CaseFile::transaction`] together with its ledger entry.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn insert_image(connection: &Connection, run: i64, image: &ImageRow) -> Result<i64, StoreError> {
        connection.execute(
            "INSERT INTO image (run, name, path, container, reason, bytes, sector_bytes, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'scanning')",
            params![run, image.name, image.path, image.container, image.reason, image.bytes.map(integer), image.sector_bytes],
        )?;
        let id = connection.last_insert_rowid();
        for (ordinal, (name, bytes)) in image.segments.iter().enumerate() {
            connection.execute(
                "INSERT INTO segment VALUES (?1, ?2, ?3, ?4)",
                params![id, ordinal as i64, name, integer(*bytes)],
            )?;
        }
        for (ordinal, (field, value)) in image.claims.iter().enumerate() {
            connection.execute(
                "INSERT INTO claim VALUES (?1, ?2, ?3, ?4)",
                params![id, ordinal as i64, field, value],
            )?;
        }
        for (algorithm, digest, place) in &image.stored_digests {
            connection.execute(
                "INSERT OR IGNORE INTO stored_digest VALUES (?1, ?2, ?3, ?4, NULL)",
                params![id, algorithm, digest, place],
            )?;
        }
        Ok(id)
    }

    /// Records how the scan of an image ended, and whether its stored digests agree. Call within [`CaseFile::transaction`].
    ///
    /// # Errors
    /// What SQLite says.
    pub fn finish_image(
        connection: &Connection,
        image: i64,
        outcome: &ImageOutcome,
    ) -> Result<(), StoreError> {
        let digests = &outcome.digests;
        connection.execute(
            "UPDATE image SET state = ?2, medium_complete = ?3, md5 = ?4, sha1 = ?5, sha256 = ?6, blake3 = ?7, scan_ns = ?8, error = ?9 WHERE id = ?1",
            params![
                image, outcome.state.key(), outcome.medium_complete, digests.md5, digests.sha1, digests.sha256, digests.blake3,
                integer(outcome.scan_ns), outcome.error
            ],
        )?;
        for (start, length, why) in &outcome.unreadable {
            connection.execute(
                "INSERT OR IGNORE INTO unreadable_range VALUES (?1, ?2, ?3, ?4)",
                params![image, integer(*start), integer(*length), why],
            )?;
        }
        for problem in &outcome.problems {
            insert_problem(connection, image, None, problem)?;
        }
        for algorithm in case_model::Algorithm::ALL {
            if let Some(digest) = digests.get(algorithm) {
                connection.execute(
                    "UPDATE stored_digest SET agrees = (digest = ?3) WHERE image = ?1 AND algorithm = ?2",
                    params![image, algorithm.key(), digest],
                )?;
            }
        }
        Ok(())
    }

    /// The image that was registered under this absolute path, if any: row and state.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_at(&self, path: &str) -> Result<Option<(i64, String)>, StoreError> {
        let query = "SELECT id, state FROM image WHERE path = ?1 ORDER BY id DESC LIMIT 1";
        Ok(self.connection.query_row(query, [path], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// The file systems of an image that are read, in the order in which they were written.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn file_systems_read(&self, image: i64) -> Result<Vec<i64>, StoreError> {
        let query = "SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1 AND f.state = 'read' ORDER BY f.id";
        let mut select = self.connection.prepare(query)?;
        Ok(select.query_map([image], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// The first entry of an image whose stream has this size and begins at this byte of the medium.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn stream_at(&self, image: i64, at: u64, size: u64) -> Result<Option<NamedStream>, StoreError> {
        let query = "SELECT d.path, e.name, f.kind, e.number, e.generation, e.extents FROM entry e JOIN directory d ON d.id = e.directory \
                     JOIN file_system f ON f.id = e.file_system JOIN volume v ON v.id = f.volume \
                     WHERE v.image = ?1 AND e.size = ?2 AND e.extents IS NOT NULL ORDER BY e.id";
        let mut select = self.connection.prepare(query)?;
        let mut rows = select.query(params![image, integer(size)])?;
        while let Some(row) = rows.next()? {
            let extents: Vec<u8> = row.get(5)?;
            let first = decode_extents(&extents).into_iter().flatten().find_map(|run| run.at);
            if first == Some(at) {
                let (folder, name): (String, String) = (row.get(0)?, row.get(1)?);
                return Ok(Some(NamedStream {
                    path: format!("{}/{name}", folder.trim_end_matches('/')),
                    file_system: row.get(2)?,
                    number: row.get::<_, i64>(3)?.cast_unsigned(),
                    generation: row.get::<_, i64>(4)?.cast_unsigned(),
                }));
            }
        }
        Ok(None)
    }

    /// The directories of a file system, in the order in which they were written.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn directories(&self, file_system: i64) -> Result<Vec<(i64, String)>, StoreError> {
        let query = "SELECT id, path FROM directory WHERE file_system = ?1 ORDER BY id";
        let mut select = self.connection.prepare(query)?;
        Ok(select
            .query_map([file_system], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?)
    }

    /// Removes all rows of an image whose scan was interrupted or failed, before it is scanned again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn discard_image(connection: &Connection, image: i64) -> Result<(), StoreError> {
        const FILE_SYSTEMS: &str =
            "SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1";
        let entries = format!("SELECT id FROM entry WHERE file_system IN ({FILE_SYSTEMS})");
        for table in ["hit", "withdrawal", "content_check", "unreadable_part"] {
            connection.execute(&format!("DELETE FROM {table} WHERE entry IN ({entries})"), [image])?;
        }
        connection.execute("DELETE FROM problem WHERE image = ?1", [image])?;
        for table in ["entry", "link", "tally", "directory"] {
            connection
                .execute(&format!("DELETE FROM {table} WHERE file_system IN ({FILE_SYSTEMS})"), [image])?;
        }
        connection.execute(
            "DELETE FROM file_system WHERE volume IN (SELECT id FROM volume WHERE image = ?1)",
            [image],
        )?;
        for table in ["volume", "segment", "claim", "stored_digest", "unreadable_range"] {
            connection.execute(&format!("DELETE FROM {table} WHERE image = ?1"), [image])?;
        }
        connection.execute(
            "DELETE FROM scan_result WHERE checkpoint IN (SELECT id FROM scan_checkpoint WHERE image = ?1)",
            [image],
        )?;
        connection.execute("DELETE FROM scan_checkpoint WHERE image = ?1", [image])?;
        connection.execute("DELETE FROM image WHERE id = ?1", [image])?;
        Ok(())
    }
}
