//! Rows that are added, by whoever has the lab's key, to the scans of items that were interrupted: hits of a later match.

use rusqlite::Connection;

use super::checkpoint::{ScanCheckpoint, store_sealed, stored};
use super::exhibit::stored_path;
use super::seal::{sealed, unsealed};
use crate::case::transaction::CaseTransaction;
use crate::file::error::StoreError;
use crate::file::ids::ExhibitId;
use crate::file::row_chain::ResumeKey;

impl CaseTransaction<'_> {
    /// Does `work`, which may add to the rows of interrupted scans, and seals their checkpoints anew. A checkpoint that did not fit its seal
    /// before is left as it is: it still does not fit, and nobody resumes it.
    ///
    /// # Errors
    /// What `work` says; what SQLite says.
    pub fn resealing<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Some(key) = self.resume_key else { return work(self) };
        let whole = whole_checkpoints(self.connection, &key)?;
        let done = work(self)?;
        for (id, checkpoint) in whole {
            let seal = sealed(self.connection, &key, &checkpoint, id, None, None)?;
            store_sealed(self.connection, id, &checkpoint.state, &seal)?;
        }
        Ok(done)
    }
}

/// Returns the checkpoints that fit their seals, without these.
fn whole_checkpoints(
    connection: &Connection,
    key: &ResumeKey,
) -> Result<Vec<(i64, ScanCheckpoint)>, StoreError> {
    let query = "SELECT x.id, x.path FROM scan_checkpoint c JOIN exhibit x ON x.id = c.exhibit ORDER BY c.id";
    let mut select = connection.prepare_cached(query)?;
    let items = select.query_map([], |row| Ok((row.get(0)?, stored_path(row.get(1)?))))?;
    let items: Vec<(ExhibitId, std::path::PathBuf)> = items.collect::<Result<_, _>>()?;
    let mut whole = Vec::new();
    for (exhibit, path) in items {
        let Some((id, mut checkpoint)) = stored(connection, exhibit, &path)? else { continue };
        if unsealed(connection, key, &mut checkpoint, id)? {
            whole.push((id, checkpoint));
        }
    }
    Ok(whole)
}
