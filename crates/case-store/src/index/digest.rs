//! The canonical digest of a case's index.
//!
//! Every row gives a SHA-256; each image one over the sorted digests of its rows, table by table; the case one over the sorted digests of
//! its images. Sorting digests instead of rows makes the order in the file irrelevant without sorting the rows themselves. Row numbers,
//! paths on our disks, times of runs and durations do not take part, so the same evidence, sets and configuration give the same digest
//! however often and with how many threads it was scanned.

use std::collections::HashMap;

use case_model::StopToken;
use rusqlite::{Connection, Row, Statement};
use sha2::{Digest, Sha256};

use super::columns::digest_list;
use super::digest_sections::{FINDINGS_IF_ANY, SECTIONS, SECTIONS_IF_ANY};
use super::digest_version::DigestVersion;
use super::entry_columns::ENTRY;
use super::link_columns::LINK;
use crate::case::case_file::CaseFile;
use crate::case::transaction::CaseTransaction;
use crate::file::error::StoreError;
use crate::file::ids::{ImageId, RowsAbove};
use crate::file::integers::length;
use crate::file::layout::{has_findings, has_nested, user_version};
use crate::file::row_bytes::{CANONICAL, append_columns, bind_used};
use crate::file::stoppable::stoppable;

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
    pub fn digest_knowing(
        &self,
        known: &HashMap<ImageId, [u8; 32]>,
    ) -> Result<[u8; 32], StoreError> {
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
        image_digest(&self.connection, image, RowsAbove::default(), None)
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
            None => image_digest(connection, image, RowsAbove::default(), None)?,
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

/// Reads more of the rows of a section while they are read for the digest: [`SECTIONS`] are read once.
pub(super) trait RowReader {
    /// Returns what more is read of the rows of this section, as SQL, and their order.
    fn columns(&self, section: &str) -> Option<(&'static str, &'static str)>;

    /// Takes a row of a section that [`Self::columns`] wants; what it wants is in the columns from `first` on.
    ///
    /// # Errors
    /// What SQLite says.
    fn take(&mut self, row: &Row<'_>, first: usize) -> Result<(), StoreError>;

    /// A section that [`Self::columns`] wants has come to its end.
    fn end(&mut self);
}

/// Returns the digest of an image. `reader` takes part in the reading.
pub(super) fn image_digest(
    connection: &Connection,
    image: ImageId,
    above: RowsAbove,
    mut reader: Option<&mut dyn RowReader>,
) -> Result<[u8; 32], StoreError> {
    let (version, statement) = image_version(connection, image)?;
    let mut hasher = Sha256::new_with_prefix(version.image_domain());
    let entry = digest_list(ENTRY);
    let link = digest_list(LINK);
    for (section, query) in SECTIONS {
        let query = query.replace("{entry}", &entry).replace("{link}", &link);
        let query = query.replace("{reason}", version.reason()).replace("{statement}", statement);
        let more = reader.as_deref().and_then(|reader| reader.columns(section));
        let rows = match (&mut reader, more) {
            (Some(reader), Some(more)) => {
                shared_rows(connection, &query, more, image, above, *reader)?
            }
            _ => all_digests(connection.prepare(&query)?, image, above)?,
        };
        take_section(&mut hasher, section, rows);
    }
    let nested = if has_nested(connection)? { SECTIONS_IF_ANY } else { &[] };
    let findings = if has_findings(connection)? { FINDINGS_IF_ANY } else { &[] };
    for (section, query) in nested.iter().chain(findings) {
        let rows = all_digests(connection.prepare(query)?, image, above)?;
        if !rows.is_empty() {
            take_section(&mut hasher, section, rows);
        }
    }
    Ok(hasher.finalize().into())
}

/// The digests of the rows of a section, of which `reader` takes more columns.
fn shared_rows(
    connection: &Connection,
    query: &str,
    (columns, order): (&str, &str),
    image: ImageId,
    above: RowsAbove,
    reader: &mut dyn RowReader,
) -> Result<Vec<[u8; 32]>, StoreError> {
    let first = connection.prepare(query)?.column_count();
    let query = query.replacen(" FROM ", &format!(", {columns} FROM "), 1);
    let statement = connection.prepare(&format!("{query} ORDER BY {order}"))?;
    let digests = row_digests(statement, image, above, first, |row| reader.take(row, first))?;
    reader.end();
    Ok(digests)
}

fn take_section(hasher: &mut Sha256, section: &str, mut rows: Vec<[u8; 32]>) {
    hasher.update(section.as_bytes());
    hasher.update(b"\0");
    rows.sort_unstable();
    hasher.update(length(rows.len()).to_be_bytes());
    rows.iter().for_each(|row| hasher.update(row));
}

/// The digest of the first `columns` of each row ([`append_columns`]); `also` sees each row.
fn row_digests(
    mut statement: Statement<'_>,
    image: ImageId,
    above: RowsAbove,
    columns: usize,
    mut also: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
) -> Result<Vec<[u8; 32]>, StoreError> {
    bind_used(&mut statement, &[image.number(), above.entry, above.link])?;
    let mut rows = statement.raw_query();
    let mut digests = Vec::new();
    let mut row_bytes = Vec::new();
    while let Some(row) = rows.next()? {
        row_bytes.clear();
        append_columns(&mut row_bytes, row, 0..columns, &CANONICAL)?;
        digests.push(Sha256::digest(&row_bytes).into());
        also(row)?;
    }
    Ok(digests)
}

/// The digest of each row.
fn all_digests(
    statement: Statement<'_>,
    image: ImageId,
    above: RowsAbove,
) -> Result<Vec<[u8; 32]>, StoreError> {
    let columns = statement.column_count();
    row_digests(statement, image, above, columns, |_| Ok(()))
}
