//! Where the scan of an item stands, so that it can be resumed after an interruption.

use std::path::Path;

use case_model::path_text;
use rusqlite::{Connection, OptionalExtension, params};

use super::exhibit::{exhibit, find_exhibit};

use crate::case::case_file::CaseFile;
use crate::case::transaction::CaseTransaction;
use crate::file::error::StoreError;
use crate::file::ids::{ExhibitId, RowsAbove};
use crate::file::integers::integer;

use super::saved_scan::{PartResults, ScanCheckpoint};
use super::seal::{Seal, sealed, unsealed};

impl CaseTransaction<'_> {
    /// Stores a checkpoint in the place of the earlier one of its item, and adds results. The rows that it covers are written in the
    /// same transaction.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn store_scan_checkpoint(
        &mut self,
        checkpoint: &ScanCheckpoint,
        results: &[PartResults],
    ) -> Result<(), StoreError> {
        let before = match &self.resume_key {
            Some(_) => Seal::of_path(self.connection, &path_text(&checkpoint.path))?,
            None => None,
        };
        let id = self.upsert(checkpoint)?;
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO scan_result (checkpoint, part, results) VALUES (?1, ?2, ?3)",
        )?;
        for (part, results) in results {
            insert.execute(params![id, integer(*part), results])?;
        }
        if let Some(key) = &self.resume_key {
            let written = self.written.as_deref_mut();
            let written = written.filter(|written| Some(written.image) == checkpoint.image);
            let seal = sealed(self.connection, key, checkpoint, id, before.as_ref(), written)?;
            store_sealed(self.connection, id, &checkpoint.state, &seal)?;
        }
        Ok(())
    }

    /// Writes the row of a checkpoint, in the place of the earlier one of its item. Returns its number.
    fn upsert(&self, checkpoint: &ScanCheckpoint) -> Result<i64, StoreError> {
        let exhibit = exhibit(self.connection, &checkpoint.path)?;
        let mut upsert = self.connection.prepare_cached(
            "INSERT INTO scan_checkpoint (path, exhibit, image, conditions, plan, parts, elapsed_ns, above_entry, above_link, state) \
             VALUES (?1, ?10, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (path) DO UPDATE SET image = ?2, conditions = ?3, plan = ?4, \
             parts = ?5, elapsed_ns = ?6, above_entry = ?7, above_link = ?8, state = ?9 RETURNING id",
        )?;
        let values = params![
            path_text(&checkpoint.path),
            checkpoint.image,
            checkpoint.conditions,
            checkpoint.plan,
            integer(checkpoint.parts),
            integer(checkpoint.elapsed_ns),
            checkpoint.above.entry,
            checkpoint.above.link,
            // A state that is sealed follows with its seal.
            if self.resume_key.is_some() { &[] } else { checkpoint.state.as_slice() },
            exhibit
        ];
        Ok(upsert.query_row(values, |row| row.get(0))?)
    }

    /// Removes the checkpoint of an item, with its results.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_scan_checkpoint(&mut self, path: &Path) -> Result<(), StoreError> {
        let Some(exhibit) = find_exhibit(self.connection, path)? else { return Ok(()) };
        let query = "DELETE FROM scan_result WHERE checkpoint IN (SELECT id FROM scan_checkpoint WHERE exhibit = ?1)";
        self.connection.execute(query, [exhibit])?;
        self.connection.execute("DELETE FROM scan_checkpoint WHERE exhibit = ?1", [exhibit])?;
        Ok(())
    }
}

impl CaseFile {
    /// Where the scan of the item with this absolute path stands, and the results that were stored with it. False when the file has a key
    /// ([`Self::set_resume_key`]) and the checkpoint, its results or its rows are not what was sealed with that key.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn scan_checkpoint(
        &self,
        path: &Path,
    ) -> Result<Option<(ScanCheckpoint, Vec<PartResults>, bool)>, StoreError> {
        let Some(exhibit) = find_exhibit(&self.connection, path)? else { return Ok(None) };
        let Some((id, mut checkpoint)) = stored(&self.connection, exhibit, path)? else {
            return Ok(None);
        };
        let is_sealed = match &self.resume_key {
            Some(key) => unsealed(&self.connection, key, &mut checkpoint, id)?,
            None => true,
        };
        let results = results_from(&self.connection, id, checkpoint.parts)?;
        Ok(Some((checkpoint, results, is_sealed)))
    }
}

/// Returns the results that were stored with a checkpoint, of the parts from this one on.
fn results_from(
    connection: &Connection,
    id: i64,
    part: u64,
) -> Result<Vec<PartResults>, StoreError> {
    let query =
        "SELECT part, results FROM scan_result WHERE checkpoint = ?1 AND part >= ?2 ORDER BY rowid";
    let mut select = connection.prepare_cached(query)?;
    let rows = select.query_map(params![id, integer(part)], |row| {
        Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the checkpoint of an exhibit with its number; its state has the seal behind it.
pub(super) fn stored(
    connection: &Connection,
    exhibit: ExhibitId,
    path: &Path,
) -> Result<Option<(i64, ScanCheckpoint)>, StoreError> {
    let query = "SELECT id, image, conditions, plan, parts, elapsed_ns, above_entry, above_link, state \
                 FROM scan_checkpoint WHERE exhibit = ?1";
    let found = connection.prepare_cached(query)?.query_row([exhibit], |row| {
        let checkpoint = ScanCheckpoint {
            path: path.to_owned(),
            image: row.get(1)?,
            conditions: row.get(2)?,
            plan: row.get(3)?,
            parts: row.get::<_, i64>(4)?.unsigned_abs(),
            elapsed_ns: row.get::<_, i64>(5)?.unsigned_abs(),
            above: RowsAbove { entry: row.get(6)?, link: row.get(7)? },
            state: row.get(8)?,
        };
        Ok((row.get(0)?, checkpoint))
    });
    Ok(found.optional()?)
}

/// Stores the state of a checkpoint with its seal.
pub(super) fn store_sealed(
    connection: &Connection,
    id: i64,
    state: &[u8],
    seal: &[u8],
) -> Result<(), StoreError> {
    let update = "UPDATE scan_checkpoint SET state = ?2 WHERE id = ?1";
    connection.prepare_cached(update)?.execute(params![id, [state, seal].concat()])?;
    Ok(())
}
