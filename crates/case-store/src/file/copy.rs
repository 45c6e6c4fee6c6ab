//! Copies of a database: made while it is in use, standing alone, checked before they count.
//!
//! A copy is written under a temporary name, flushed to the disk, and only then moved to its own, where no file is: whoever is stopped in
//! between leaves nothing that could be taken for a copy.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{CWD, RenameFlags};

use super::connection::connect;
use super::error::{StoreError, io_error};
use super::file_digest::read_file;
use super::folder_sync::{folder_of, sync_folder};

/// How a copy is called until it is whole.
pub(crate) const UNFINISHED: &str = ".unfinished";

/// A copy that is not in its place yet; what is not put there is taken away.
#[derive(Debug)]
pub struct UnfinishedCopy {
    path: PathBuf,
    placed: bool,
}

impl UnfinishedCopy {
    /// Copies a file byte for byte, beside where it shall be. Gives the SHA-256 of what was copied.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn of_file(from: &Path, beside: &Path) -> Result<(Self, [u8; 32]), StoreError> {
        let copy = Self { path: unfinished(beside), placed: false };
        let mut output = create_private(&copy.path)?;
        let failed = |error| io_error(&copy.path, error);
        let (digest, _) = read_file(from, |bytes| output.write_all(bytes).map_err(failed))?;
        drop(output);
        flush(&copy.path)?;
        Ok((copy, digest))
    }

    /// Where it is now.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves it to its place, where no file may be, and flushes the folder.
    ///
    /// # Errors
    /// [`StoreError::Exists`], and what the operating system says.
    pub fn put_in_place(mut self, place: &Path) -> Result<(), StoreError> {
        rename_onto_nothing(&self.path, place)?;
        self.placed = true;
        let folder = folder_of(place);
        sync_folder(folder).map_err(|error| io_error(folder, error))
    }
}

impl Drop for UnfinishedCopy {
    fn drop(&mut self) {
        if !self.placed {
            // There is somebody else to tell why; a rest is named for what it is.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Copies the database at `path` as one moment of it.
pub(crate) fn copy_database(path: &Path, beside: &Path) -> Result<UnfinishedCopy, StoreError> {
    let copy = UnfinishedCopy { path: unfinished(beside), placed: false };
    drop(create_private(&copy.path)?);
    let source = connect(path)?;
    // One reading transaction around all of it: others write on, and the copy is of one moment.
    source.execute_batch("BEGIN")?;
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    {
        let mut target = alone(&copy.path)?;
        let backup = Backup::new(&source, &mut target)?;
        // -1: all pages in one step. A step that was not the last ended because a lock could not be had.
        match backup.step(-1)? {
            StepResult::Done => {}
            _ => return Err(StoreError::CopyHeldUp(path.to_owned())),
        }
    }
    source.execute_batch("COMMIT")?;
    // A single file, that a read-only medium can hold too.
    alone(&copy.path)?.pragma_update(None, "journal_mode", "DELETE")?;
    flush(&copy.path)?;
    Ok(copy)
}

/// A connection to a file that nobody else knows of: no locks, no shared memory, no journal of its own.
fn alone(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    Ok(connection)
}

/// Flushes a file to the disk, and lets go of its pages in memory: whoever reads it next to check it reads what the disk holds.
fn flush(path: &Path) -> Result<(), StoreError> {
    let failed = |error| io_error(path, error);
    let file = File::open(path).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    // Advice; file systems that keep it in memory anyway have no disk.
    let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    Ok(())
}

fn create_private(path: &Path) -> Result<File, StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => Ok(file),
        Err(error) => Err(io_error(path, error)),
    }
}

/// A name that no other program takes at the same time.
fn unfinished(beside: &Path) -> PathBuf {
    with_ending(beside, &format!(".{}{UNFINISHED}", std::process::id()))
}

pub(crate) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Renames unless there is a file of that name. Where the file system knows no such act, a second name is made and the first taken away,
/// which fails in the same way.
fn rename_onto_nothing(from: &Path, to: &Path) -> Result<(), StoreError> {
    use rustix::io::Errno;
    let done = match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            fs::hard_link(from, to).and_then(|()| fs::remove_file(from))
        }
        other => other.map_err(io::Error::from),
    };
    match done {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(StoreError::Exists(to.to_owned()))
        }
        other => other.map_err(|error| io_error(to, error)),
    }
}
