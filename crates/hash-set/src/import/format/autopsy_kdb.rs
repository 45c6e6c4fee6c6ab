//! Autopsy / The Sleuth Kit `.kdb`: a SQLite database with tables `hashes`, `file_names` and `comments`. Whether it is known or notable
//! stands in Autopsy's settings, not in the file.

use case_model::{Algorithm, Digests};
use rusqlite::{Connection, Row};

use super::sqlite_file::{self, database, text};
use crate::import::collector::{Candidate, Collector};
use crate::import::digest_text::put;
use crate::import::reading::SourceFile;
use crate::{ImportError, Position, RejectReason};

/// Table by which the layout is recognised.
pub(crate) const TABLE: &str = "hashes";
/// One row for every digest and name.
const QUERY: &str =
    "SELECT h.md5, h.sha1, h.sha2_256, n.name, (SELECT c.comment FROM comments c WHERE c.hash_id = h.id)
                     FROM hashes h LEFT JOIN file_names n ON n.hash_id = h.id ORDER BY h.id";

/// Reads all records.
pub(super) fn read(source: &SourceFile, collector: &mut Collector<'_>) -> Result<(), ImportError> {
    let connection: Connection = sqlite_file::open(source.path())?;
    let error = database(source.path());
    let mut select = connection.prepare(QUERY).map_err(&error)?;
    let mut rows = select.query([]).map_err(&error)?;
    let mut number = 0_u64;
    while let Some(row) = rows.next().map_err(&error)? {
        number = number.saturating_add(1);
        collector.row_read(number);
        let position = Position::Row { table: TABLE.to_owned(), row: number };
        match candidate(row).map_err(&error)? {
            Ok(candidate) => collector.accept(&position, candidate)?,
            Err(reason) => collector.reject(&position, reason),
        }
    }
    Ok(())
}

fn candidate(row: &Row<'_>) -> rusqlite::Result<Result<Candidate, RejectReason>> {
    let digests = match digests(row)? {
        Ok(digests) => digests,
        Err(reason) => return Ok(Err(reason)),
    };
    let name = text(row, 3)?;
    let comment = text(row, 4)?;
    Ok(Ok(Candidate { digests, name, comment, ..Candidate::default() }))
}

fn digests(row: &Row<'_>) -> rusqlite::Result<Result<Digests, RejectReason>> {
    let mut digests = Digests::default();
    for (column, algorithm) in [(0, Algorithm::Md5), (1, Algorithm::Sha1), (2, Algorithm::Sha256)] {
        let digest: Option<Vec<u8>> = row.get(column).unwrap_or_else(|_| Some(Vec::new()));
        match digest {
            None => {}
            Some(digest) if digest.len() == algorithm.length() => {
                put(&mut digests, algorithm, &digest)
            }
            Some(digest) => {
                let digits = byte_source::length(digest.len()).saturating_mul(2);
                return Ok(Err(RejectReason::wrong_length(algorithm, digits)));
            }
        }
    }
    Ok(Ok(digests))
}
