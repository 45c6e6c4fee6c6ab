//! The record of a case in a file of its own, without the index.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::case_file::LedgerFile;
use super::first_entry::begin_file;
use crate::file::error::StoreError;
use crate::file::folder_sync::FolderSync;
use crate::file::layout::LEDGER_APPLICATION;
use crate::file::open::open;
use crate::ledger::rows::Ledger;

impl LedgerFile {
    /// Copies a whole ledger into a new file: entries, personal signatures, checkpoints, time stamps. A file that is there and holds the same
    /// last entry is left as it is.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when another ledger is there; what the operating system or SQLite says.
    pub fn keep(path: &Path, ledger: &Ledger<'_>) -> Result<(), StoreError> {
        let copied =
            begin_file(path, LEDGER_APPLICATION, |connection| copy(ledger.connection, connection));
        match copied {
            Err(StoreError::Exists(_))
                if Self::open(path)?.ledger().head()? == ledger.head()? =>
            {
                Ok(())
            }
            other => other,
        }
    }

    /// Opens a ledger that is there.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], and as [`Self::open_or_create`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let (connection, migration) = open(path, LEDGER_APPLICATION)?;
        Ok(Self { connection, migration, _folder: FolderSync::of(path) })
    }
}

fn copy(from: &Connection, to: &Connection) -> Result<(), StoreError> {
    let transaction = to.unchecked_transaction()?;
    let entries = "SELECT seq, prev, body, hash, actor_signature FROM custody_entry ORDER BY seq";
    let mut read = from.prepare(entries)?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        to.execute(
            "INSERT INTO custody_entry (seq, prev, body, hash, actor_signature) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                row.get::<_, Value>(0)?,
                row.get::<_, Value>(1)?,
                row.get::<_, Value>(2)?,
                row.get::<_, Value>(3)?,
                row.get::<_, Value>(4)?
            ],
        )?;
    }
    let mut read =
        from.prepare("SELECT seq, note, timestamp_token FROM custody_checkpoint ORDER BY seq")?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        to.execute(
            "INSERT INTO custody_checkpoint (seq, note, timestamp_token) VALUES (?1, ?2, ?3)",
            params![row.get::<_, Value>(0)?, row.get::<_, Value>(1)?, row.get::<_, Value>(2)?],
        )?;
    }
    Ok(transaction.commit()?)
}
