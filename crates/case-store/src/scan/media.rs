//! The media of a case: by what a moved or copied one is known again.

use std::path::PathBuf;

use rusqlite::OptionalExtension;

use crate::case::case_file::CaseFile;
use crate::file::error::StoreError;
use crate::file::ids::ImageId;
use crate::file::integers::unsigned;
use crate::file::stored_path::stored_path;

/// What a case records of the medium of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedMedium {
    /// The row of the image.
    pub image: ImageId,
    /// The name of the image.
    pub name: String,
    /// Where it was when it was scanned.
    pub file: PathBuf,
    /// Its container; `folder` for a plain folder.
    pub container: String,
    /// Bytes of the medium; `None` for a folder.
    pub bytes: Option<u64>,
    /// SHA-256 of the medium, when it was read whole.
    pub sha256: Option<Vec<u8>>,
    /// The files of the image: name, bytes.
    pub segments: Vec<(String, u64)>,
}

/// Images of a case that hold the same medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SameMedium {
    /// SHA-256 of the medium.
    pub sha256: Vec<u8>,
    /// The images, by row: their names.
    pub images: Vec<(ImageId, String)>,
}

const COLUMNS: &str =
    "i.id, i.name, x.path, i.container, i.bytes, CASE i.medium_complete WHEN 1 THEN i.sha256 END";

impl CaseFile {
    /// Returns what is recorded of the medium of an image.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn recorded_medium(&self, image: ImageId) -> Result<Option<RecordedMedium>, StoreError> {
        let query = format!(
            "SELECT {COLUMNS} FROM image i JOIN exhibit x ON x.id = i.exhibit WHERE i.id = ?1"
        );
        let medium = self.connection.query_row(&query, [image], |row| {
            Ok(RecordedMedium {
                image: row.get(0)?,
                name: row.get(1)?,
                file: stored_path(row.get(2)?),
                container: row.get(3)?,
                bytes: row.get::<_, Option<i64>>(4)?.map(unsigned),
                sha256: row.get(5)?,
                segments: Vec::new(),
            })
        });
        let Some(mut medium) = medium.optional()? else { return Ok(None) };
        let segments = "SELECT name, bytes FROM segment WHERE image = ?1 ORDER BY ordinal";
        medium.segments =
            self.rows(segments, image, |row| Ok((row.get(0)?, unsigned(row.get(1)?))))?;
        Ok(Some(medium))
    }

    /// Returns the media that several images of the case hold: copies in other containers, second acquisitions. Only media that were read
    /// whole are compared.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn same_media(&self) -> Result<Vec<SameMedium>, StoreError> {
        let query = "SELECT sha256, id, name FROM image WHERE medium_complete = 1 AND sha256 IS NOT NULL AND bytes > 0 \
             AND id > ?1 ORDER BY sha256, id";
        let rows: Vec<(Vec<u8>, ImageId, String)> =
            self.rows(query, 0, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut media: Vec<SameMedium> = Vec::new();
        for (sha256, image, name) in rows {
            match media.last_mut() {
                Some(last) if last.sha256 == sha256 => last.images.push((image, name)),
                _ => media.push(SameMedium { sha256, images: vec![(image, name)] }),
            }
        }
        media.retain(|medium| medium.images.len() > 1);
        Ok(media)
    }

    /// Returns the SHA-256 of each medium that was read whole, with its image.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn medium_digests(&self) -> Result<Vec<(Vec<u8>, String)>, StoreError> {
        let query = "SELECT sha256, name FROM image WHERE medium_complete = 1 AND sha256 IS NOT NULL AND bytes > 0 AND id > ?1 \
             ORDER BY id";
        self.rows(query, 0, |row| Ok((row.get(0)?, row.get(1)?)))
    }
}
