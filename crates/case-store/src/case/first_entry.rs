//! The first moment of a case file or of a lab's ledger: it is there with its first entry, or not at all.
//!
//! A file that a crash, a full disk or a loss of power left without its first entry would belong to no ledger: nobody could go on with
//! it. So it is made beside its place, in full, synced, and moved there.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use case_model::CaseId;
use custody::{EntryBody, StoredEntry};
use rusqlite::Connection;

use super::case_file::{CaseFile, LedgerFile};
use crate::file::error::{StoreError, io_error};
use crate::file::folder_sync::folder_of;
use crate::file::layout::{CASE_APPLICATION, LEDGER_APPLICATION};
use crate::file::open::create;
use crate::ledger::rows::Ledger;

impl CaseFile {
    /// Makes the file of a new case with the first entry of its ledger.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is one, and what the operating system or SQLite says: there is no case then.
    pub fn begin(
        path: &Path,
        id: &CaseId,
        first: &EntryBody,
    ) -> Result<(Self, StoredEntry), StoreError> {
        let entry = begin_file(path, CASE_APPLICATION, |connection| {
            connection
                .execute("INSERT INTO property (name, value) VALUES ('case', ?1)", [id.as_str()])?;
            Ledger::new(connection).transaction(|ledger| ledger.append(first))
        })?;
        Ok((Self::open(path, id)?, entry))
    }
}

impl LedgerFile {
    /// Makes the ledger of a new lab with its first entry.
    ///
    /// # Errors
    /// As [`CaseFile::begin`].
    pub fn begin(path: &Path, first: &EntryBody) -> Result<(), StoreError> {
        begin_file(path, LEDGER_APPLICATION, |connection| {
            Ledger::new(connection).transaction(|ledger| ledger.append(first).map(drop))
        })
    }
}

/// Crash before the rename: leftovers beside, taken away by the next beginning. After it: the file is whole.
pub(super) fn begin_file<T>(
    path: &Path,
    application: i64,
    fill: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let folder = folder_of(path);
    // One beginning at a time: the second sees the file of the first.
    let lock = File::open(folder).map_err(|error| io_error(folder, error))?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive)
        .map_err(|error| io_error(folder, error.into()))?;
    if path.exists() {
        return Err(StoreError::Exists(path.to_owned()));
    }
    let beside = with_end(path, ".begun");
    let filled = fill_anew(&beside, application, fill)?;
    fs::rename(&beside, path).map_err(|error| io_error(path, error))?;
    if let Err(error) = lock.sync_all() {
        // Whoever tries again shall begin again, and see that it lasts.
        let _ = fs::rename(path, &beside);
        return Err(io_error(folder, error));
    }
    Ok(filled)
}

/// Makes a file that is whole when it is closed; what is left of an earlier attempt is removed.
fn fill_anew<T>(
    path: &Path,
    application: i64,
    fill: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let log = with_end(path, "-wal");
    for leftover in [path, &log, &with_end(path, "-journal"), &with_end(path, "-shm")] {
        remove(leftover).map_err(|error| io_error(leftover, error))?;
    }
    let connection = create(path, application)?;
    let filled = fill(&connection)?;
    connection.close().map_err(|(_, error)| error)?;
    if log.exists() {
        // SQLite closes without a word when it could not bring its log into the file.
        return Err(io_error(
            path,
            io::Error::other("what was written could not be brought into the file"),
        ));
    }
    Ok(filled)
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
