//! What analysers found in streams, and which analysers looked.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension, params};

use crate::case::case_file::CaseFile;
use crate::file::error::StoreError;
use crate::file::ids::{EntryId, ImageId};
use crate::file::layout::has_findings;

/// The analyser whose finding is a column of `entry`.
const CONTENT_TYPE: &str = "content-type";

/// A finding of a stream, to be stored; the content type is a column of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRow {
    /// Number of the analyser among those that [`crate::ImageWriter::analysers`] was given.
    pub analyser: usize,
    /// What was found: a code.
    pub key: &'static str,
    /// The value.
    pub value: Cow<'static, str>,
}

/// A finding of a stream that was found, the content type among them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of `finding`, described in the schema")]
pub struct FoundFinding {
    pub analyser: String,
    pub version: String,
    pub key: String,
    pub value: String,
}

/// Returns the row of an analyser; without one it is written.
pub(crate) fn analyser_row(
    connection: &Connection,
    name: &str,
    version: &str,
) -> Result<i64, StoreError> {
    let select = "SELECT id FROM analyser WHERE name = ?1 AND version = ?2";
    if let Some(row) = connection.query_row(select, [name, version], |row| row.get(0)).optional()? {
        return Ok(row);
    }
    connection.execute("INSERT INTO analyser (name, version) VALUES (?1, ?2)", [name, version])?;
    Ok(connection.last_insert_rowid())
}

/// Returns the row of an analyser that looks into the streams of an image, when the file says so already.
pub(crate) fn image_analyser(
    connection: &Connection,
    image: ImageId,
    (name, version): (&str, &str),
) -> Result<Option<i64>, StoreError> {
    let select = "SELECT a.id FROM image_analyser i JOIN analyser a ON a.id = i.analyser \
                  WHERE i.image = ?1 AND a.name = ?2 AND a.version = ?3";
    Ok(connection.query_row(select, params![image, name, version], |row| row.get(0)).optional()?)
}

/// Writes that an analyser looks into the streams of an image.
pub(crate) fn insert_image_analyser(
    connection: &Connection,
    image: ImageId,
    analyser: i64,
) -> Result<(), StoreError> {
    let insert = "INSERT OR IGNORE INTO image_analyser (image, analyser) VALUES (?1, ?2)";
    connection.execute(insert, params![image, analyser])?;
    Ok(())
}

/// Writes a finding; `analyser` is a row. A finding that is made twice is one.
pub(crate) fn insert_finding(
    connection: &Connection,
    entry: EntryId,
    analyser: i64,
    finding: &FindingRow,
) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT OR IGNORE INTO stored_finding (entry, analyser, key, value) VALUES (?1, ?2, ?3, ?4)",
    )?;
    insert.execute(params![entry, analyser, finding.key, finding.value])?;
    Ok(())
}

/// Where the findings of streams are: a query for each of millions of rows costs time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FindingsOfCase {
    /// In the view, for any stream.
    InView,
    /// No stream has any but its content type, which one version recognised everywhere.
    ContentTypes(String),
    /// The file has no tables for them.
    None,
}

impl CaseFile {
    /// Returns the analysers that looked into the streams of an image: name and version, by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn analysers(&self, image: ImageId) -> Result<Vec<(String, String)>, StoreError> {
        if !has_findings(&self.connection)? {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT a.name, a.version FROM image_analyser i JOIN analyser a ON a.id = i.analyser \
             WHERE i.image = ?1 ORDER BY a.name, a.version",
        )?;
        let rows = statement.query_map([image], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns where the findings of streams are.
    pub(crate) fn findings_of_case(&self) -> Result<FindingsOfCase, StoreError> {
        if !has_findings(&self.connection)? {
            return Ok(FindingsOfCase::None);
        }
        let query = "SELECT EXISTS (SELECT 1 FROM stored_finding)";
        let has_others: bool = self.connection.query_row(query, [], |row| row.get(0))?;
        let mut versions = self.connection.prepare_cached(
            "SELECT DISTINCT a.version FROM image_analyser i JOIN analyser a ON a.id = i.analyser WHERE a.name = ?1",
        )?;
        let versions: Vec<String> =
            versions.query_map([CONTENT_TYPE], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(match <[String; 1]>::try_from(versions) {
            Ok([version]) if !has_others => FindingsOfCase::ContentTypes(version),
            _ => FindingsOfCase::InView,
        })
    }

    /// Returns all findings of a stream, in a fixed order; `content_type` is its column.
    pub(crate) fn findings(
        &self,
        of_case: &FindingsOfCase,
        entry: EntryId,
        content_type: Option<&str>,
    ) -> Result<Vec<FoundFinding>, StoreError> {
        if let FindingsOfCase::ContentTypes(version) = of_case {
            let finding = |value: &str| FoundFinding {
                analyser: CONTENT_TYPE.to_owned(),
                version: version.clone(),
                key: "type".to_owned(),
                value: value.to_owned(),
            };
            return Ok(content_type.into_iter().map(finding).collect());
        }
        if *of_case == FindingsOfCase::None {
            return Ok(Vec::new());
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT analyser, version, key, value FROM finding WHERE entry = ?1 \
             ORDER BY analyser, version, key, value",
        )?;
        let rows = statement.query_map([entry], |row| {
            let analyser = row.get(0)?;
            let version = row.get(1)?;
            Ok(FoundFinding { analyser, version, key: row.get(2)?, value: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
