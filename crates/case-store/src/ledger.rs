//! The custody ledger's rows.

use custody::{ChainReport, EntryBody, Head, StoredEntry, verify_chain};
use rusqlite::{Connection, OptionalExtension, params};

use crate::case_file::in_transaction;
use crate::{CaseFile, LedgerFile, StoreError};

/// The custody ledger of a case or of the lab.
pub struct Ledger<'c> {
    connection: &'c Connection,
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
            Ok(Head { seq: row.get::<_, i64>(0)?.cast_unsigned(), hash: hash(row.get(1)?) })
        });
        Ok(head.optional()?.unwrap_or(Head::EMPTY))
    }

    /// Seals an entry behind the last one and stores it; it counts once the transaction it stands in is committed.
    ///
    /// # Errors
    /// What keeps the entry from being written.
    pub fn append(&mut self, body: &EntryBody) -> Result<StoredEntry, StoreError> {
        let entry = self.head()?.seal_next(body)?;
        self.connection.execute(
            "INSERT INTO custody_entry (seq, prev, body, hash) VALUES (?1, ?2, ?3, ?4)",
            params![entry.seq.cast_signed(), entry.prev, entry.body, entry.hash],
        )?;
        Ok(entry)
    }

    /// All entries in order, as stored.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn entries(&self) -> Result<Vec<StoredEntry>, StoreError> {
        let mut statement =
            self.connection.prepare("SELECT seq, prev, body, hash FROM custody_entry ORDER BY seq")?;
        let rows = statement.query_map([], stored)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Checks the chain from the first entry to the last.
    ///
    /// # Errors
    /// What SQLite says when the rows cannot be read. What is wrong with them is in the report.
    pub fn verify(&self) -> Result<ChainReport, StoreError> {
        let mut statement =
            self.connection.prepare("SELECT seq, prev, body, hash FROM custody_entry ORDER BY seq")?;
        let mut failed = None;
        let rows =
            statement.query_map([], stored)?.map_while(|row| row.map_err(|error| failed = Some(error)).ok());
        let report = verify_chain(rows);
        failed.map_or(Ok(report), |error| Err(error.into()))
    }
}

impl CaseFile {
    /// Appends an entry in a transaction of its own.
    ///
    /// # Errors
    /// What keeps the entry from being written; it is not there then.
    pub fn append(&mut self, body: &EntryBody) -> Result<StoredEntry, StoreError> {
        in_transaction(&self.connection, |ledger, _| ledger.append(body))
    }
}

impl LedgerFile {
    /// Appends an entry in a transaction of its own.
    ///
    /// # Errors
    /// What keeps the entry from being written; it is not there then.
    pub fn append(&mut self, body: &EntryBody) -> Result<StoredEntry, StoreError> {
        self.transaction(|ledger, _| ledger.append(body))
    }
}

fn stored(row: &rusqlite::Row<'_>) -> Result<StoredEntry, rusqlite::Error> {
    Ok(StoredEntry {
        seq: row.get::<_, i64>(0)?.cast_unsigned(),
        prev: hash(row.get(1)?),
        body: row.get(2)?,
        hash: hash(row.get(3)?),
    })
}

/// A hash of another length than 32 bytes (only a file edited past its checks holds one) becomes zeros, which no chain accepts.
fn hash(bytes: Vec<u8>) -> [u8; 32] {
    bytes.try_into().unwrap_or([0; 32])
}
