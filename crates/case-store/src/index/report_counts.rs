//! The streams, hits and problems of an image, counted.

use case_model::{Disposition, HitDisposition, UnreadableRange};

use super::closed_words::word;
use super::file_systems_sql::FILE_SYSTEMS_OF_IMAGE;
use super::problem::StoredProblem;
use super::report::ImageReport;
use super::severity::rank_sql;
use crate::case::case_file::CaseFile;
use crate::file::error::StoreError;
use crate::file::ids::ImageId;

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
    /// Counts the streams by what became of them, and the bytes that were hashed.
    pub(super) fn count_streams(
        &self,
        image: ImageId,
        report: &mut ImageReport,
    ) -> Result<(), StoreError> {
        let streams = format!(
            "SELECT disposition, CASE disposition WHEN 'skipped' THEN rule END AS why, sum(state = 'allocated'), sum(state <> 'allocated') \
             FROM entry WHERE file_system IN {FILE_SYSTEMS_OF_IMAGE} GROUP BY disposition, why ORDER BY disposition, why"
        );
        report.streams = self.rows(&streams, image, |row| {
            Ok(StreamCounts {
                disposition: word(row, 0)?,
                rule: row.get(1)?,
                allocated: row.get::<_, i64>(2)?.cast_unsigned(),
                deleted: row.get::<_, i64>(3)?.cast_unsigned(),
            })
        })?;
        // `total` does not overflow; the number is below 2^63.
        let hashed = format!(
            "SELECT CAST(total(size) AS INTEGER) FROM entry WHERE disposition = 'hashed' AND file_system IN {FILE_SYSTEMS_OF_IMAGE}"
        );
        let bytes: i64 =
            self.connection.prepare_cached(&hashed)?.query_row([image], |row| row.get(0))?;
        report.hashed_bytes = bytes.cast_unsigned();
        Ok(())
    }

    /// Counts the entries that sets list, the gravest first.
    pub(super) fn count_hits(
        &self,
        image: ImageId,
        report: &mut ImageReport,
    ) -> Result<(), StoreError> {
        let hits = format!(
            "SELECT h.disposition, s.name, s.version, count(DISTINCT h.entry) FROM hit h JOIN hash_set s ON s.id = h.hash_set \
             JOIN entry e ON e.id = h.entry WHERE e.file_system IN {FILE_SYSTEMS_OF_IMAGE} \
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

    /// Counts the problems, and takes the first that cost evidence.
    pub(super) fn count_problems(
        &self,
        image: ImageId,
        report: &mut ImageReport,
    ) -> Result<(), StoreError> {
        let count = "SELECT coalesce(sum(severity = 'note'), 0), coalesce(sum(severity = 'damage'), 0) FROM problem WHERE image = ?1";
        (report.notes, report.damages) = self.two_counts(count, image)?;
        // Both owners of a double claim have the same problem: it is shown once.
        let first = format!(
            "SELECT structure, at, statement FROM problem WHERE image = ?1 AND severity = 'damage' \
             GROUP BY file_system, at, structure, statement ORDER BY file_system, at, structure, statement LIMIT {FIRST_DAMAGES}"
        );
        report.first_damages = self.rows(&first, image, |row| {
            let at: Option<i64> = row.get(1)?;
            Ok(StoredProblem {
                structure: row.get(0)?,
                at: at.map(i64::cast_unsigned),
                what: row.get(2)?,
            })
        })?;
        Ok(())
    }

    /// Counts the ranges of the medium that could not be read, and takes the first.
    pub(super) fn count_unreadable(
        &self,
        image: ImageId,
        report: &mut ImageReport,
    ) -> Result<(), StoreError> {
        let count = "SELECT count(*), CAST(total(length) AS INTEGER) FROM unreadable_range WHERE image = ?1";
        (report.unreadable_ranges, report.unreadable_bytes) = self.two_counts(count, image)?;
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

    fn two_counts(&self, query: &str, image: ImageId) -> Result<(u64, u64), StoreError> {
        let mut select = self.connection.prepare_cached(query)?;
        let counts: (i64, i64) = select.query_row([image], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok((counts.0.cast_unsigned(), counts.1.cast_unsigned()))
    }
}
