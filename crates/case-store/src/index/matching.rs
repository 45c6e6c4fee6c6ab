//! Matching a set against the index: the case's digests in order, hits in, withdrawals in.

use case_model::{Algorithm, Digests, Hit};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::write_hits::{hash_set_row, insert_hit};
use crate::case::case_file::CaseFile;
use crate::case::transaction::CaseTransaction;
use crate::file::error::StoreError;
use crate::file::ids::{EntryId, SetId};

/// A set that a case has hits of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedSet {
    /// Its row.
    pub id: SetId,
    /// Content digest.
    pub digest: [u8; 32],
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
}

/// What reading an entry's content again showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentCheck {
    /// The bytes have the digests of the index.
    pub agrees: bool,
    /// The bytes hold the marks of an attack on SHA-1.
    pub sha1_collision: bool,
    /// All bytes are this one.
    pub repeated_byte: Option<u8>,
}

/// The index as a match sees it, within a transaction.
pub struct MatchingIndex<'c> {
    connection: &'c Connection,
}

impl MatchingIndex<'_> {
    /// Hands over every digest by `algorithm` with its entry's row, sorted by digest. It comes from the index over that column alone.
    ///
    /// # Errors
    /// What SQLite says; what `each` gives back.
    pub fn digests<E: From<StoreError>>(
        &self,
        algorithm: Algorithm,
        mut each: impl FnMut(&[u8], EntryId) -> Result<(), E>,
    ) -> Result<(), E> {
        let column = algorithm.key();
        let query =
            format!("SELECT {column}, id FROM entry WHERE {column} IS NOT NULL ORDER BY {column}");
        let mut select = self.connection.prepare(&query).map_err(StoreError::from)?;
        let mut rows = select.query([]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            let digest = row.get_ref(0).map_err(StoreError::from)?.as_blob().unwrap_or_default();
            each(digest, row.get(1).map_err(StoreError::from)?)?;
        }
        Ok(())
    }

    /// Hands over the rows of the entries that have this digest.
    ///
    /// # Errors
    /// What SQLite says; what `each` gives back.
    pub fn entries_of<E: From<StoreError>>(
        &self,
        algorithm: Algorithm,
        digest: &[u8],
        mut each: impl FnMut(EntryId) -> Result<(), E>,
    ) -> Result<(), E> {
        let column = algorithm.key();
        let query = format!("SELECT id FROM entry WHERE {column} = ?1 ORDER BY id");
        let mut select = self.connection.prepare_cached(&query).map_err(StoreError::from)?;
        let mut rows = select.query([digest]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(row.get(0).map_err(StoreError::from)?)?;
        }
        Ok(())
    }

    /// Number of entries, and the highest row.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn size(&self) -> Result<(u64, EntryId), StoreError> {
        let query = "SELECT count(*), coalesce(max(id), 0) FROM entry";
        Ok(self
            .connection
            .query_row(query, [], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?)))?)
    }

    /// The digests and the size of an entry that was wholly read; `None` for any other, which matches nothing.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn stream(&self, entry: EntryId) -> Result<Option<(Digests, u64)>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT md5, sha1, sha256, blake3, size FROM entry WHERE id = ?1 AND disposition = 'hashed'",
        )?;
        Ok(select.query_row([entry], stream).optional()?)
    }

    /// Records a hit; false when it is recorded already.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn insert_hit(&self, entry: EntryId, hit: &Hit) -> Result<bool, StoreError> {
        let set = hash_set_row(self.connection, &hit.set_digest, &hit.set_name, &hit.set_version)?;
        insert_hit(self.connection, entry, set, hit)
    }

    /// The sets that the case has hits of, by row.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sets(&self) -> Result<Vec<RecordedSet>, StoreError> {
        let mut select = self
            .connection
            .prepare("SELECT id, digest, name, version FROM hash_set ORDER BY id")?;
        let rows = select.query_map([], |row| {
            Ok(RecordedSet {
                id: row.get(0)?,
                digest: row.get(1)?,
                name: row.get(2)?,
                version: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Hands over each entry that `set` (a row of [`MatchingIndex::sets`]) hits, once.
    ///
    /// # Errors
    /// What SQLite says; what `each` gives back.
    pub fn entries_hit<E: From<StoreError>>(
        &self,
        set: SetId,
        mut each: impl FnMut(EntryId) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut select = self
            .connection
            .prepare("SELECT DISTINCT entry FROM hit WHERE hash_set = ?1 ORDER BY entry")
            .map_err(StoreError::from)?;
        let mut rows = select.query([set]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(row.get(0).map_err(StoreError::from)?)?;
        }
        Ok(())
    }

    /// Records that `by` (digest, name, version) no longer lists an entry that `set` hit; false when that is recorded already.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn withdraw(
        &self,
        entry: EntryId,
        set: SetId,
        by: (&[u8; 32], &str, &str),
    ) -> Result<bool, StoreError> {
        let by = hash_set_row(self.connection, by.0, by.1, by.2)?;
        let mut insert = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO withdrawal (entry, hash_set, by) VALUES (?1, ?2, ?3)",
        )?;
        Ok(insert.execute(params![entry, set, by])? > 0)
    }

    /// Records what reading the content of an entry again showed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn record_check(&self, entry: EntryId, check: &ContentCheck) -> Result<(), StoreError> {
        let mut insert = self
            .connection
            .prepare_cached("INSERT OR REPLACE INTO content_check VALUES (?1, ?2, ?3, ?4)")?;
        insert.execute(params![entry, check.agrees, check.sha1_collision, check.repeated_byte])?;
        Ok(())
    }
}

impl<'c> CaseTransaction<'c> {
    /// Returns the index as a match sees it.
    #[must_use]
    pub fn matching_index(&self) -> MatchingIndex<'c> {
        MatchingIndex { connection: self.connection }
    }
}

impl CaseFile {
    /// The index as a match sees it, outside of any transaction.
    #[must_use]
    pub fn matching_index(&self) -> MatchingIndex<'_> {
        MatchingIndex { connection: &self.connection }
    }

    /// How many entries have a hit of the set with this content digest.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn entries_hit_by(&self, digest: &[u8; 32]) -> Result<u64, StoreError> {
        let query = "SELECT count(DISTINCT h.entry) FROM hit h JOIN hash_set s ON s.id = h.hash_set WHERE s.digest = ?1";
        Ok(self.connection.query_row(query, [digest], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }

    /// The rows of the entries that sets with these content digests hit, ascending.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn hit_entries(&self, sets: &[[u8; 32]]) -> Result<Vec<EntryId>, StoreError> {
        let mut entries = Vec::new();
        for digest in sets {
            let query = "SELECT DISTINCT h.entry FROM hit h JOIN hash_set s ON s.id = h.hash_set WHERE s.digest = ?1";
            let mut select = self.connection.prepare_cached(query)?;
            entries.extend(
                select
                    .query_map([digest], |row| row.get(0))?
                    .collect::<Result<Vec<EntryId>, _>>()?,
            );
        }
        entries.sort_unstable();
        entries.dedup();
        Ok(entries)
    }
}

fn stream(row: &Row<'_>) -> Result<(Digests, u64), rusqlite::Error> {
    let digests =
        Digests { md5: row.get(0)?, sha1: row.get(1)?, sha256: row.get(2)?, blake3: row.get(3)? };
    Ok((digests, u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0)))
}
