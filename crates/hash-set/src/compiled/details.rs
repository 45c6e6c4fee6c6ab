//! `details.db`: the entries of a set, read only on a hit.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use case_model::{Algorithm, Digests, HitDisposition};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Statement, params};
use thiserror::Error;

use super::entry::{Entry, NumberedEntry, Record};

/// Name of the file.
pub(crate) const DETAILS_FILE: &str = "details.db";

/// `entry` is numbered from 0 in canonical order. `name` holds the names after the first, `shared` the digests that several
/// entries have.
const SCHEMA: &str = "
CREATE TABLE entry (
  entry INTEGER PRIMARY KEY, md5 BLOB, sha1 BLOB, sha256 BLOB, blake3 BLOB, size INTEGER,
  disposition TEXT NOT NULL, category TEXT, name TEXT, comment TEXT
) STRICT;
CREATE TABLE name (
  entry INTEGER NOT NULL, ordinal INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (entry, ordinal)
) STRICT, WITHOUT ROWID;
CREATE TABLE shared (
  digest BLOB NOT NULL, algorithm TEXT NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (digest, algorithm, entry)
) STRICT, WITHOUT ROWID;
";

/// An entry as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredEntry {
    pub(crate) entry: Entry,
    pub(crate) name: Option<String>,
    pub(crate) comment: Option<String>,
}

/// Why details could not be read.
#[derive(Debug, Error)]
pub enum DetailsError {
    /// SQLite cannot read or write the file.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A row is missing or holds what no import wrote.
    #[error("row {row} of table entry is missing or damaged")]
    Row {
        /// Its number.
        row: u32,
    },
    /// A digest is marked as belonging to several entries, but none is listed.
    #[error("digest {digest} is missing in table shared")]
    Shared {
        /// The digest.
        digest: String,
    },
}

const INSERT_ENTRY: &str = "INSERT INTO entry VALUES (?,?,?,?,?,?,?,?,?,?)";

fn insert_entry(insert: &mut Statement<'_>, row: u32, record: &Record) -> rusqlite::Result<()> {
    let entry = &record.entry;
    let digests = &entry.digests;
    insert.execute(params![
        row,
        digests.md5,
        digests.sha1,
        digests.sha256,
        digests.blake3,
        entry.size.and_then(|size| i64::try_from(size).ok()),
        entry.disposition.key(),
        entry.category,
        record.name,
        record.comment,
    ])?;
    Ok(())
}

/// Writes `details.db`.
pub(super) struct DetailsWriter(Connection);

impl DetailsWriter {
    /// Begins `path`, which must not exist.
    pub(super) fn create(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        // The file becomes part of the set by the rename of its folder: until then a crash leaves a leftover, so no journal.
        connection.execute_batch(
            "PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;
             PRAGMA locking_mode = EXCLUSIVE;",
        )?;
        connection.execute_batch(SCHEMA)?;
        connection.execute_batch("BEGIN")?;
        Ok(Self(connection))
    }

    /// Adds an entry with its names.
    pub(super) fn entry(
        &self,
        row: u32,
        record: &Record,
        more_names: &[String],
    ) -> rusqlite::Result<()> {
        insert_entry(&mut *self.0.prepare_cached(INSERT_ENTRY)?, row, record)?;
        self.names(row, more_names)
    }

    /// Adds entries, as they come, with one statement for all.
    pub(super) fn entries(
        &self,
        batches: impl Iterator<Item = Vec<NumberedEntry>>,
    ) -> rusqlite::Result<()> {
        let mut insert = self.0.prepare(INSERT_ENTRY)?;
        for batch in batches {
            for entry in &batch {
                insert_entry(&mut insert, entry.row, &entry.record)?;
                self.names(entry.row, &entry.more_names)?;
            }
        }
        Ok(())
    }

    fn names(&self, row: u32, more_names: &[String]) -> rusqlite::Result<()> {
        for (ordinal, name) in (1_i64..).zip(more_names) {
            let mut insert = self.0.prepare_cached("INSERT INTO name VALUES (?,?,?)")?;
            insert.execute(params![row, ordinal, name])?;
        }
        Ok(())
    }

    /// Notes that `digest` belongs to the entry in `row`, and to others.
    pub(super) fn shared(
        &self,
        digest: &[u8],
        algorithm: Algorithm,
        row: u32,
    ) -> rusqlite::Result<()> {
        let mut insert = self.0.prepare_cached("INSERT INTO shared VALUES (?,?,?)")?;
        insert.execute(params![digest, algorithm.key(), row]).map(drop)
    }

    /// Commits and closes.
    pub(super) fn finish(self) -> rusqlite::Result<()> {
        self.0.execute_batch("COMMIT")?;
        self.0.close().map_err(|(_, error)| error)
    }
}

/// Reads `details.db`.
pub(crate) struct Details(Mutex<Connection>);

impl Details {
    /// Opens a file that nobody writes.
    pub(crate) fn open(path: &Path) -> Result<Self, DetailsError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(immutable_uri(path), flags)?;
        connection.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;")?;
        // Touch the tables, so that a file that is no database is found here and not at the first hit.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(Self(Mutex::new(connection)))
    }

    /// The entry in `row`.
    pub(crate) fn entry(&self, row: u32) -> Result<StoredEntry, DetailsError> {
        self.entries_in(&[row])?.pop().ok_or(DetailsError::Row { row })
    }

    /// The entries in `rows`, in that order; fastest when it ascends.
    pub(crate) fn entries_in(&self, rows: &[u32]) -> Result<Vec<StoredEntry>, DetailsError> {
        // A panic elsewhere cannot leave a read-only connection half changed.
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut select = connection.prepare_cached(
            "SELECT md5, sha1, sha256, blake3, size, disposition, category, name, comment FROM entry WHERE entry = ?",
        )?;
        let mut entry = |&row: &u32| {
            let found = select.query_row([row], |columns| Ok(stored_entry(columns))).optional()?;
            found.transpose()?.flatten().ok_or(DetailsError::Row { row })
        };
        rows.iter().map(&mut entry).collect()
    }

    /// The rows of all entries that have `digest`, ascending.
    pub(crate) fn shared(
        &self,
        digest: &[u8],
        algorithm: Algorithm,
    ) -> Result<Vec<u32>, DetailsError> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut select = connection.prepare_cached(
            "SELECT entry FROM shared WHERE digest = ? AND algorithm = ? ORDER BY entry",
        )?;
        let rows = select.query_map(params![digest, algorithm.key()], |columns| columns.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// All names of an entry, in the order of the imported file.
    pub(crate) fn names(&self, row: u32) -> Result<Vec<String>, DetailsError> {
        let first = self.entry(row)?.name;
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut select =
            connection.prepare_cached("SELECT name FROM name WHERE entry = ? ORDER BY ordinal")?;
        let more = select.query_map([row], |columns| columns.get(0))?;
        Ok(first.into_iter().map(Ok).chain(more).collect::<rusqlite::Result<_>>()?)
    }

    /// Number of entries.
    pub(crate) fn entries(&self) -> Result<u64, DetailsError> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count: i64 =
            connection.query_row("SELECT count(*) FROM entry", [], |columns| columns.get(0))?;
        Ok(count.unsigned_abs())
    }
}

/// Outer error: SQLite; `None`: a value that no import wrote.
fn stored_entry(columns: &rusqlite::Row<'_>) -> rusqlite::Result<Option<StoredEntry>> {
    let digests = Digests {
        md5: columns.get(0)?,
        sha1: columns.get(1)?,
        sha256: columns.get(2)?,
        blake3: columns.get(3)?,
    };
    let size: Option<i64> = columns.get(4)?;
    let key: String = columns.get(5)?;
    let Some(disposition) = HitDisposition::from_key(&key) else {
        return Ok(None);
    };
    let entry = Entry {
        digests,
        size: size.map(i64::cast_unsigned),
        disposition,
        category: columns.get(6)?,
    };
    Ok(Some(StoredEntry { entry, name: columns.get(7)?, comment: columns.get(8)? }))
}

/// A SQLite URI that opens `path` read-only, without locks or journals: for files that nobody writes.
pub(crate) fn immutable_uri(path: &Path) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.');
    let escaped: String = path
        .as_os_str()
        .as_bytes()
        .iter()
        .map(
            |&byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") },
        )
        .collect();
    PathBuf::from(format!("file:{escaped}?mode=ro&immutable=1"))
}
