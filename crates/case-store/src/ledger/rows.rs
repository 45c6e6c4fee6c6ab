//! The custody ledger's rows.

use custody::{ChainReport, EntryBody, Head, SignedNote, StoredEntry, verify_chain};
use rusqlite::{Connection, OptionalExtension, params};

use crate::file::error::StoreError;
use crate::file::migration::{MigrationNote, take_migration};
use crate::file::transaction::in_transaction;

/// The custody ledger of a case or of the lab.
pub struct Ledger<'c> {
    pub(crate) connection: &'c Connection,
}

impl<'c> Ledger<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    /// The last entry's number and hash.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn head(&self) -> Result<Head, StoreError> {
        let query = "SELECT seq, hash FROM custody_entry ORDER BY seq DESC LIMIT 1";
        let head = self.connection.query_row(query, [], |row| {
            Ok(Head { seq: row.get::<_, i64>(0)?.cast_unsigned(), hash: hash(row, 1)? })
        });
        Ok(head.optional()?.unwrap_or(Head::EMPTY))
    }

    /// Seals an entry behind the last one and stores it; it counts once the transaction it stands in is committed.
    ///
    /// # Errors
    /// What keeps the entry from being written.
    pub fn append(&mut self, body: &EntryBody) -> Result<StoredEntry, StoreError> {
        self.append_signed(body, |_| Ok(None))
    }

    /// As [`Self::append`], with the note that `sign` gives for the sealed entry: a personal signature, if there is one.
    ///
    /// # Errors
    /// What keeps the entry from being written or signed.
    pub fn append_signed(
        &mut self,
        body: &EntryBody,
        sign: impl FnOnce(&StoredEntry) -> Result<Option<SignedNote>, StoreError>,
    ) -> Result<StoredEntry, StoreError> {
        let entry = self.head()?.seal_next(body)?;
        let signature = sign(&entry)?.map(|note| note.to_string().into_bytes());
        self.connection.execute(
            "INSERT INTO custody_entry (seq, prev, body, hash, actor_signature) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![entry.seq.cast_signed(), entry.prev, entry.body, entry.hash, signature],
        )?;
        Ok(entry)
    }

    /// The entry with this number.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn entry(&self, seq: u64) -> Result<Option<StoredEntry>, StoreError> {
        let query = "SELECT seq, prev, body, hash FROM custody_entry WHERE seq = ?1";
        Ok(self.connection.query_row(query, [seq.cast_signed()], stored).optional()?)
    }

    /// Hands over all entries in order, one at a time; `each` returns false to stop.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn each(&self, each: &mut dyn FnMut(StoredEntry) -> bool) -> Result<(), StoreError> {
        let mut statement = self
            .connection
            .prepare("SELECT seq, prev, body, hash FROM custody_entry ORDER BY seq")?;
        for entry in statement.query_map([], stored)? {
            if !each(entry?) {
                break;
            }
        }
        Ok(())
    }

    /// The personal signatures: entry, and the note as stored.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn signatures(&self) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let query = "SELECT seq, actor_signature FROM custody_entry WHERE actor_signature IS NOT NULL ORDER BY seq";
        let mut statement = self.connection.prepare(query)?;
        let rows = statement
            .query_map([], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Hands over the entries behind number `seq` in order, one at a time.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn each_after(
        &self,
        seq: u64,
        each: &mut dyn FnMut(StoredEntry),
    ) -> Result<(), StoreError> {
        let query = "SELECT seq, prev, body, hash FROM custody_entry WHERE seq > ?1 ORDER BY seq";
        let mut statement = self.connection.prepare_cached(query)?;
        for entry in statement.query_map([seq.cast_signed()], stored)? {
            each(entry?);
        }
        Ok(())
    }

    /// Does `work` in one transaction: everything that it writes is there afterwards, or nothing.
    ///
    /// # Errors
    /// What `work` or SQLite says; nothing has happened then.
    pub fn transaction<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Ledger<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        in_transaction(self.connection, |connection| work(&mut Ledger::new(connection)))
    }

    /// Takes the note of a layout change out of a case file. Call it in the transaction that appends the ledger's entry.
    ///
    /// # Errors
    /// What SQLite says. The ledger of a lab has no such note.
    pub fn take_migration(&mut self) -> Result<Option<MigrationNote>, StoreError> {
        take_migration(self.connection)
    }

    /// All entries in order, as stored.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn entries(&self) -> Result<Vec<StoredEntry>, StoreError> {
        let mut statement = self
            .connection
            .prepare("SELECT seq, prev, body, hash FROM custody_entry ORDER BY seq")?;
        let rows = statement.query_map([], stored)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Checks the chain from the first entry to the last.
    ///
    /// # Errors
    /// What SQLite says when the rows cannot be read. What is wrong with them is in the report.
    pub fn verify(&self) -> Result<ChainReport, StoreError> {
        let mut statement = self
            .connection
            .prepare("SELECT seq, prev, body, hash FROM custody_entry ORDER BY seq")?;
        let mut failed = None;
        let rows = statement
            .query_map([], stored)?
            .map_while(|row| row.map_err(|error| failed = Some(error)).ok());
        let report = verify_chain(rows);
        failed.map_or(Ok(report), |error| Err(error.into()))
    }
}

fn stored(row: &rusqlite::Row<'_>) -> Result<StoredEntry, rusqlite::Error> {
    Ok(StoredEntry {
        seq: row.get::<_, i64>(0)?.cast_unsigned(),
        prev: hash(row, 1)?,
        body: row.get(2)?,
        hash: hash(row, 3)?,
    })
}

/// A hash of another length than 32 bytes (only a file edited past its checks holds one) becomes zeros, which no chain accepts.
fn hash(row: &rusqlite::Row<'_>, column: usize) -> Result<[u8; 32], rusqlite::Error> {
    Ok(row.get_ref(column)?.as_blob()?.try_into().unwrap_or([0; 32]))
}
