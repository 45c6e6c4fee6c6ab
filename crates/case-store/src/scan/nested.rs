//! Images in files of images and folders: found, recorded, and what became of them.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params, params_from_iter};

use crate::case::case_file::CaseFile;
use crate::case::transaction::CaseTransaction;
use crate::file::error::StoreError;
use crate::file::ids::{EntryId, ImageId, RowsAbove};
use crate::file::integers::{integer, unsigned};
use crate::file::layout::has_nested;
use crate::index::entry_columns::full_path;

/// A stream that may be an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageCandidate {
    /// Its row in `entry`.
    pub entry: EntryId,
    /// First byte of its volume on the medium.
    pub volume_offset: u64,
    /// The name of its file system.
    pub file_system: String,
    /// Its record.
    pub number: u64,
    /// Its record's generation.
    pub generation: u64,
    /// Its ordinal among the streams of the record.
    pub stream: u32,
    /// Its readable path.
    pub path: String,
}

/// Which streams may be images.
#[derive(Clone, Copy, Debug)]
pub struct CandidateRule<'r> {
    /// Their content types.
    pub content_types: &'r [&'r str],
    /// Endings of names, in small letters, whatever the content type says.
    pub name_endings: &'r [&'r str],
    /// Bytes that such a stream has at least.
    pub least_bytes: u64,
    /// How many are wanted.
    pub most: usize,
}

/// An image in a file, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestedRow {
    /// The row of its first file.
    pub entry: EntryId,
    /// The file's name.
    pub name: String,
    /// The place of the stream in the image around it; `None` for a file of a folder.
    pub locator: Option<String>,
    /// Its container; `None` when it could not be opened.
    pub container: Option<String>,
    /// By what it was recognised, or why it was not opened.
    pub reason: String,
    /// Can it be read inside?
    pub readable: bool,
    /// Bytes of its medium.
    pub bytes: Option<u64>,
    /// Bytes of its files.
    pub stored_bytes: u64,
    /// Its files: name, place, bytes.
    pub files: Vec<(String, Option<String>, u64)>,
}

/// An image in a file, with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestedReport {
    /// The row as it was recorded.
    pub row: NestedRow,
    /// The readable path of its file.
    pub path: String,
    /// SHA-256 of its first file, when it was read whole.
    pub sha256: Option<Vec<u8>>,
    /// The image that was scanned of it, or of the same bytes; an image that holds it, when its bytes are that image's medium.
    pub read_as: Option<ImageId>,
}

/// What an image lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageParent {
    /// The row of the entry that holds it.
    pub entry: EntryId,
    /// The way from the exhibit; `None` for a file of a folder.
    pub place: Option<String>,
}

/// The image whose scan came to its end that shows what is in the entry `e` of the row `n`: its own; the exhibit with its path, for a file of a
/// folder; the image around it, when its bytes are that medium; the image of another file there that has the same bytes. Each looked up by an
/// index.
const READ_AS: &str = "coalesce(\
     (SELECT c.id FROM image c WHERE c.parent = e.id AND c.state IN ('complete', 'incomplete') ORDER BY c.id LIMIT 1), \
     (SELECT c.id FROM exhibit x JOIN image c ON c.exhibit = x.id WHERE n.locator IS NULL \
      AND x.path = CAST((SELECT path FROM image WHERE id = n.image) || rtrim(d.path, '/') || '/' || e.name AS BLOB) \
      AND c.state IN ('complete', 'incomplete') ORDER BY c.id LIMIT 1), \
     (SELECT c.id FROM image c WHERE c.id = n.image AND c.sha256 = e.sha256 AND c.state IN ('complete', 'incomplete')), \
     (SELECT c.id FROM entry e2 CROSS JOIN nested n2 ON n2.entry = e2.id CROSS JOIN image c ON c.parent = e2.id \
      WHERE e2.sha256 = e.sha256 AND n2.image = n.image AND json_array_length(n.files) = 1 AND json_array_length(n2.files) = 1 \
      AND c.state IN ('complete', 'incomplete') ORDER BY c.id LIMIT 1))";

impl CaseFile {
    /// Returns the streams of an image that may be images themselves, in the order of their rows, and how many more there are. The rows are
    /// above `above`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_candidates(
        &self,
        image: ImageId,
        above: RowsAbove,
        rule: &CandidateRule<'_>,
    ) -> Result<(Vec<ImageCandidate>, u64), StoreError> {
        let ends = |at: usize| {
            format!("lower(substr(e.name, -length(?{at}))) = ?{at}", at = at.saturating_add(5))
        };
        let named: Vec<String> = (0..rule.name_endings.len()).map(ends).collect();
        let named = if named.is_empty() { "0".to_owned() } else { named.join(" OR ") };
        let query = format!(
            "SELECT e.id, v.start, f.kind, e.number, e.generation, e.stream, d.path, e.name, e.stream_name FROM entry e \
             JOIN directory d ON d.id = e.directory JOIN file_system f ON f.id = e.file_system JOIN volume v ON v.id = f.volume \
             WHERE e.id > ?2 AND v.image = ?1 AND (e.content_type IN (SELECT value FROM json_each(?4)) OR {named}) AND e.metadata = 0 \
             AND e.size >= ?3 AND e.disposition IN ('hashed', 'partial') AND e.stream_kind IN ('data', 'alternate') ORDER BY e.id"
        );
        let mut values: Vec<Value> = vec![
            Value::Integer(image.number()),
            Value::Integer(above.entry),
            Value::Integer(integer(rule.least_bytes)),
            Value::Text(serde_json::json!(rule.content_types).to_string()),
        ];
        values.extend(rule.name_endings.iter().map(|ending| Value::Text((*ending).to_owned())));
        let mut select = self.connection.prepare(&query)?;
        let mut rows = select.query(params_from_iter(values))?;
        let mut found = Vec::new();
        let mut more = 0_u64;
        while let Some(row) = rows.next()? {
            match found.len() < rule.most {
                true => found.push(candidate(row)?),
                false => more = more.saturating_add(1),
            }
        }
        Ok((found, more))
    }

    /// Returns the images that were found in files of an image or folder, in the order of their files' rows.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn nested_of(&self, image: ImageId) -> Result<Vec<NestedReport>, StoreError> {
        if !has_nested(&self.connection)? {
            return Ok(Vec::new());
        }
        let query = format!(
            "SELECT n.entry, n.name, n.locator, n.container, n.reason, n.readable, n.bytes, n.stored_bytes, n.files, d.path, e.name, \
             e.stream_name, e.sha256, {READ_AS} FROM nested n JOIN entry e ON e.id = n.entry JOIN directory d ON d.id = e.directory \
             WHERE n.image = ?1 ORDER BY n.entry"
        );
        let mut select = self.connection.prepare(&query)?;
        Ok(select.query_map([image], nested_report)?.collect::<Result<_, _>>()?)
    }

    /// Returns what an image lies in; `None` for an exhibit.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_parent(&self, image: ImageId) -> Result<Option<ImageParent>, StoreError> {
        if !has_nested(&self.connection)? {
            return Ok(None);
        }
        let query = "SELECT parent, place FROM image WHERE id = ?1 AND parent IS NOT NULL";
        let parent = |row: &Row<'_>| Ok(ImageParent { entry: row.get(0)?, place: row.get(1)? });
        Ok(self.connection.query_row(query, [image], parent).optional()?)
    }

    /// Returns the row of the image or folder that an entry lies in.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn image_of_entry(&self, entry: EntryId) -> Result<Option<ImageId>, StoreError> {
        let query = "SELECT v.image FROM entry e JOIN file_system f ON f.id = e.file_system JOIN volume v ON v.id = f.volume WHERE e.id = ?1";
        Ok(self.connection.query_row(query, [entry], |row| row.get(0)).optional()?)
    }
}

impl CaseTransaction<'_> {
    /// Records an image that was found in a file of `image`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn insert_nested(&mut self, image: ImageId, row: &NestedRow) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO nested (image, entry, name, locator, container, reason, readable, bytes, stored_bytes, files) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                image,
                row.entry,
                row.name,
                row.locator,
                row.container,
                row.reason,
                row.readable,
                row.bytes.map(integer),
                integer(row.stored_bytes),
                serde_json::json!(row.files).to_string()
            ],
        )?;
        Ok(())
    }

    /// Records what an image lies in.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_image_parent(
        &mut self,
        image: ImageId,
        parent: &ImageParent,
    ) -> Result<(), StoreError> {
        let update = "UPDATE image SET parent = ?2, place = ?3 WHERE id = ?1";
        self.connection.execute(update, params![image, parent.entry, parent.place])?;
        Ok(())
    }
}

fn candidate(row: &Row<'_>) -> Result<ImageCandidate, rusqlite::Error> {
    let (folder, name, stream): (String, String, String) = (row.get(6)?, row.get(7)?, row.get(8)?);
    Ok(ImageCandidate {
        entry: row.get(0)?,
        volume_offset: unsigned(row.get(1)?),
        file_system: row.get(2)?,
        number: unsigned(row.get(3)?),
        generation: row.get::<_, i64>(4)?.cast_unsigned(),
        stream: row.get(5)?,
        path: full_path(&folder, &name, &stream),
    })
}

fn nested_report(row: &Row<'_>) -> Result<NestedReport, rusqlite::Error> {
    let files: String = row.get(8)?;
    let (folder, name, stream): (String, String, String) =
        (row.get(9)?, row.get(10)?, row.get(11)?);
    Ok(NestedReport {
        row: NestedRow {
            entry: row.get(0)?,
            name: row.get(1)?,
            locator: row.get(2)?,
            container: row.get(3)?,
            reason: row.get(4)?,
            readable: row.get(5)?,
            bytes: row.get::<_, Option<i64>>(6)?.map(unsigned),
            stored_bytes: unsigned(row.get(7)?),
            files: serde_json::from_str(&files).unwrap_or_default(),
        },
        path: full_path(&folder, &name, &stream),
        sha256: row.get(12)?,
        read_as: row.get(13)?,
    })
}
