//! Images as a scan registers, finishes and discards them, and questions about them.

use std::path::Path;

use case_model::{UnreadableRange, path_text};
use rusqlite::{OptionalExtension, params};

use super::exhibit::{exhibit, find_exhibit};
use super::image_row::{ImageOutcome, ImageRow, NamedStream};
use crate::case::case_file::CaseFile;
use crate::case::transaction::CaseTransaction;
use crate::file::error::StoreError;
use crate::file::ids::{DirectoryId, FileSystemId, ImageId, RunId};
use crate::file::integers::integer;
use crate::index::digest_version::DigestVersion;
use crate::index::extents::decode_extents;
use crate::index::file_systems_sql::FILE_SYSTEMS_OF_IMAGE;
use crate::index::problem::insert_problem;

impl CaseTransaction<'_> {
    /// Registers an image.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn insert_image(&mut self, run: RunId, image: &ImageRow) -> Result<ImageId, StoreError> {
        let exhibit = exhibit(self.connection, &image.path)?;
        self.connection.execute(
            "INSERT INTO image (run, name, path, exhibit, container, reason, bytes, sector_bytes, state, \
             digest_version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'scanning', ?9)",
            params![
                run,
                image.name,
                path_text(&image.path),
                exhibit,
                image.container,
                image.reason,
                image.bytes.map(integer),
                image.sector_bytes,
                DigestVersion::NEWEST.number()
            ],
        )?;
        let id = ImageId::from_number(self.connection.last_insert_rowid());
        for (ordinal, (name, bytes)) in (0_i64..).zip(&image.segments) {
            self.connection.execute(
                "INSERT INTO segment VALUES (?1, ?2, ?3, ?4)",
                params![id, ordinal, name, integer(*bytes)],
            )?;
        }
        for (ordinal, (field, value)) in (0_i64..).zip(&image.claims) {
            self.connection.execute(
                "INSERT INTO claim VALUES (?1, ?2, ?3, ?4)",
                params![id, ordinal, field, value],
            )?;
        }
        for (algorithm, digest, place) in &image.stored_digests {
            self.connection.execute(
                "INSERT OR IGNORE INTO stored_digest VALUES (?1, ?2, ?3, ?4, NULL)",
                params![id, algorithm, digest, place],
            )?;
        }
        Ok(id)
    }

    /// Records how the scan of an image ended, and whether its stored digests agree.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn finish_image(
        &mut self,
        image: ImageId,
        outcome: &ImageOutcome,
    ) -> Result<(), StoreError> {
        let digests = &outcome.digests;
        self.connection.execute(
            "UPDATE image SET state = ?2, medium_complete = ?3, md5 = ?4, sha1 = ?5, sha256 = ?6, blake3 = ?7, scan_ns = ?8, error = ?9 WHERE id = ?1",
            params![
                image, outcome.state.key(), outcome.medium_complete, digests.md5, digests.sha1, digests.sha256, digests.blake3,
                integer(outcome.scan_ns), outcome.error
            ],
        )?;
        for UnreadableRange { offset, length, why } in &outcome.unreadable {
            self.connection.execute(
                "INSERT OR IGNORE INTO unreadable_range VALUES (?1, ?2, ?3, ?4)",
                params![image, integer(*offset), integer(*length), why],
            )?;
        }
        for problem in &outcome.problems {
            insert_problem(self.connection, image, None, problem)?;
        }
        for algorithm in case_model::Algorithm::ALL {
            if let Some(digest) = digests.get(algorithm) {
                self.connection.execute(
                    "UPDATE stored_digest SET agrees = (digest = ?3) WHERE image = ?1 AND algorithm = ?2",
                    params![image, algorithm.key(), digest],
                )?;
            }
        }
        Ok(())
    }

    /// Removes all rows of an image whose scan was interrupted or failed, before it is scanned again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn discard_image(&mut self, image: ImageId) -> Result<(), StoreError> {
        let entries = format!("SELECT id FROM entry WHERE file_system IN {FILE_SYSTEMS_OF_IMAGE}");
        for table in ["hit", "withdrawal", "content_check", "unreadable_part", "stored_finding"] {
            self.connection
                .execute(&format!("DELETE FROM {table} WHERE entry IN ({entries})"), [image])?;
        }
        self.connection.execute("DELETE FROM nested WHERE image = ?1", [image])?;
        self.connection.execute("DELETE FROM problem WHERE image = ?1", [image])?;
        for table in ["entry", "link", "tally", "directory", "security_owner"] {
            self.connection.execute(
                &format!("DELETE FROM {table} WHERE file_system IN {FILE_SYSTEMS_OF_IMAGE}"),
                [image],
            )?;
        }
        self.connection.execute(
            "DELETE FROM file_system WHERE volume IN (SELECT id FROM volume WHERE image = ?1)",
            [image],
        )?;
        for table in
            ["volume", "segment", "claim", "stored_digest", "unreadable_range", "image_analyser"]
        {
            self.connection.execute(&format!("DELETE FROM {table} WHERE image = ?1"), [image])?;
        }
        self.connection.execute(
            "DELETE FROM scan_result WHERE checkpoint IN (SELECT id FROM scan_checkpoint WHERE image = ?1)",
            [image],
        )?;
        self.connection.execute("DELETE FROM scan_checkpoint WHERE image = ?1", [image])?;
        self.connection.execute("DELETE FROM image WHERE id = ?1", [image])?;
        Ok(())
    }
}

impl CaseFile {
    /// Returns the image that was registered under this absolute path, if any, with its state.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_at(&self, path: &Path) -> Result<Option<(ImageId, String)>, StoreError> {
        let Some(exhibit) = find_exhibit(&self.connection, path)? else { return Ok(None) };
        let query = "SELECT id, state FROM image WHERE exhibit = ?1 ORDER BY id DESC LIMIT 1";
        Ok(self
            .connection
            .query_row(query, [exhibit], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?)
    }

    /// The file systems of an image that are read, in the order in which they were written.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn file_systems_read(&self, image: ImageId) -> Result<Vec<FileSystemId>, StoreError> {
        let query = "SELECT f.id FROM file_system f JOIN volume v ON v.id = f.volume WHERE v.image = ?1 AND f.state = 'read' ORDER BY f.id";
        let mut select = self.connection.prepare(query)?;
        Ok(select.query_map([image], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// The first entry of an image whose stream has this size and begins at this byte of the medium.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn stream_at(
        &self,
        image: ImageId,
        at: u64,
        size: u64,
    ) -> Result<Option<NamedStream>, StoreError> {
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
    pub fn directories(
        &self,
        file_system: FileSystemId,
    ) -> Result<Vec<(DirectoryId, String)>, StoreError> {
        let query = "SELECT id, path FROM directory WHERE file_system = ?1 ORDER BY id";
        let mut select = self.connection.prepare(query)?;
        Ok(select
            .query_map([file_system], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?)
    }
}
