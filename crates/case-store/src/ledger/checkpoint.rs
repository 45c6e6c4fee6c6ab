//! The signed checkpoints of a ledger, stored beside its entries.

use custody::SignedCheckpoint;
use rusqlite::{Row, params};

use super::rows::Ledger;
use crate::file::error::StoreError;

/// A checkpoint as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// The number of entries that it covers.
    pub size: u64,
    /// The signed note, as written: a C2SP checkpoint with the signatures of the log and of witnesses.
    pub note: Vec<u8>,
    /// The answer of a time-stamping authority (RFC 3161, DER) to the text of the note.
    pub timestamp_token: Option<Vec<u8>>,
}

impl Ledger<'_> {
    /// All checkpoints, the smallest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn checkpoints(&self) -> Result<Vec<StoredCheckpoint>, StoreError> {
        let query = "SELECT seq, note, timestamp_token FROM custody_checkpoint ORDER BY seq";
        let mut statement = self.connection.prepare(query)?;
        Ok(statement.query_map([], stored)?.collect::<Result<_, _>>()?)
    }

    /// The checkpoint that covers most entries.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn last_checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        let query =
            "SELECT seq, note, timestamp_token FROM custody_checkpoint ORDER BY seq DESC LIMIT 1";
        let mut statement = self.connection.prepare(query)?;
        Ok(statement.query_map([], stored)?.next().transpose()?)
    }

    /// Stores a checkpoint; one of the same size that is there gets the note of this one and keeps its time stamp.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn store_checkpoint(&mut self, signed: &SignedCheckpoint) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO custody_checkpoint (seq, note) VALUES (?1, ?2) ON CONFLICT (seq) DO UPDATE SET note = excluded.note",
            params![signed.checkpoint().size().cast_signed(), signed.to_string().into_bytes()],
        )?;
        Ok(())
    }

    /// Stores the time stamp of the checkpoint of this size. False when there is no such checkpoint.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn store_timestamp(&mut self, size: u64, token: &[u8]) -> Result<bool, StoreError> {
        let query = "UPDATE custody_checkpoint SET timestamp_token = ?2 WHERE seq = ?1";
        Ok(self.connection.execute(query, params![size.cast_signed(), token])? == 1)
    }
}

fn stored(row: &Row<'_>) -> Result<StoredCheckpoint, rusqlite::Error> {
    Ok(StoredCheckpoint {
        size: row.get::<_, i64>(0)?.cast_unsigned(),
        note: row.get(1)?,
        timestamp_token: row.get(2)?,
    })
}
