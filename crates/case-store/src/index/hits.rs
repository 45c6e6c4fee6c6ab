//! What belongs to an entry in other tables: hits, the check of its content, unreadable ranges.

use case_model::{Algorithm, HitClass, HitDisposition, UnreadableRange};
use rusqlite::{OptionalExtension, params};

use super::closed_words::word;
use super::matching::ContentCheck;
use crate::case::case_file::CaseFile;
use crate::file::error::StoreError;
use crate::file::ids::{EntryId, SetId};
use crate::file::integers::unsigned;

/// A hit of a stream that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of `hit` and `hash_set`, described in the schema")]
pub struct FoundHit {
    pub severity: HitDisposition,
    pub set: String,
    pub version: String,
    pub algorithm: Algorithm,
    pub class: HitClass,
    pub label: String,
    /// The digest that the set lists.
    pub digest: Vec<u8>,
    /// Later versions of the set (name and version) that no longer list the file.
    pub withdrawn_by: Vec<String>,
}

impl CaseFile {
    pub(crate) fn content_check(&self, entry: EntryId) -> Result<Option<ContentCheck>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT agrees, sha1_collision, repeated_byte FROM content_check WHERE entry = ?1",
        )?;
        let check = statement.query_row([entry], |row| {
            Ok(ContentCheck {
                agrees: row.get(0)?,
                sha1_collision: row.get(1)?,
                repeated_byte: row.get(2)?,
            })
        });
        Ok(check.optional()?)
    }

    pub(crate) fn hits(&self, entry: EntryId) -> Result<Vec<FoundHit>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT h.disposition, s.name, s.version, h.algorithm, h.class, h.label, h.digest, s.id FROM hit h JOIN hash_set s ON s.id = h.hash_set \
             WHERE h.entry = ?1 ORDER BY s.name, s.version, s.digest, h.algorithm, h.label, h.disposition, h.class",
        )?;
        let mut withdrawn = self.connection.prepare_cached(
            "SELECT trim(b.name || ' ' || b.version) FROM withdrawal w JOIN hash_set b ON b.id = w.by \
             WHERE w.entry = ?1 AND w.hash_set = ?2 ORDER BY b.name, b.version, b.digest",
        )?;
        let rows = statement.query_map([entry], |row| {
            let by =
                withdrawn.query_map(params![entry, row.get::<_, SetId>(7)?], |row| row.get(0))?;
            Ok(FoundHit {
                severity: word(row, 0)?,
                set: row.get(1)?,
                version: row.get(2)?,
                algorithm: word(row, 3)?,
                class: word(row, 4)?,
                label: row.get(5)?,
                digest: row.get(6)?,
                withdrawn_by: by.collect::<Result<_, _>>()?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn unreadable_parts(
        &self,
        entry: EntryId,
    ) -> Result<Vec<UnreadableRange>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT start, length, why FROM unreadable_part WHERE entry = ?1 ORDER BY start",
        )?;
        let rows = statement.query_map([entry], |row| {
            Ok(UnreadableRange {
                offset: unsigned(row.get(0)?),
                length: unsigned(row.get(1)?),
                why: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
