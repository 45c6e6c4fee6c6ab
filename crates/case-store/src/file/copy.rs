//! Copies of a database: made while it is in use, standing alone, checked before they count.
//!
//! A copy is written under a temporary name, flushed to the disk, and only then moved to its own, where no file is: whoever is stopped in
//! between leaves nothing that could be taken for a copy.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use case_model::CaseId;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{CWD, RenameFlags};
use sha2::{Digest, Sha256};

use crate::error::io_error;
use crate::open::{CASE_APPLICATION, connect};
use crate::{CaseFile, StoreError};

/// The most faults that are listed; of a file full of rubbish a few say enough.
const MAX_FAULTS: usize = 100;
/// How a copy is called until it is whole.
const UNFINISHED: &str = ".unfinished";
const READ_BYTES: usize = 1 << 20;

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
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| io_error(folder, error))
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

impl CaseFile {
    /// Copies the case by SQLite's online backup, as one moment of it, whatever others write meanwhile. The copy is a single file without
    /// a write-ahead log. `beside` is where it shall be in the end.
    ///
    /// # Errors
    /// What the operating system or SQLite says; nothing is left then.
    pub fn copy(&self, beside: &Path) -> Result<UnfinishedCopy, StoreError> {
        copy_database(self.path(), beside)
    }

    /// Opens a copy to look at it: nothing is written, not even beside it, and an older layout stays what it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::NotOurs`], [`StoreError::Newer`], that it names no case, and what SQLite says.
    pub fn open_copy(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::NotFound(path.to_owned()));
        }
        // Without a log beside it the file is the whole; a log would hold entries that reading it alone does not show.
        let log = with_ending(path, "-wal");
        if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(StoreError::LogBeside { path: path.to_owned(), log });
        }
        let connection = Connection::open_with_flags(immutable(path), READ_ONLY)?;
        crate::open::check_kind(&connection, path, CASE_APPLICATION)?;
        let query = "SELECT value FROM property WHERE name = 'case'";
        let name: String = connection.query_row(query, [], |row| row.get(0))?;
        let id = CaseId::new(&name).map_err(|_| StoreError::NotOurs(path.to_owned(), CASE_APPLICATION))?;
        Ok(Self::from_parts(connection, path.to_owned(), id))
    }

    /// Opens a case to look at it as it is at one moment, whatever others write meanwhile; the moment is that of the first reading. Nothing
    /// is written into it, and an older layout stays what it is.
    ///
    /// # Errors
    /// As [`CaseFile::open`].
    pub fn look_at(path: &Path, id: &CaseId) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::NotFound(path.to_owned()));
        }
        let connection = Connection::open_with_flags(path, READ_ONLY.difference(OpenFlags::SQLITE_OPEN_URI))?;
        connection.busy_timeout(crate::open::BUSY_TIMEOUT)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        crate::open::check_kind(&connection, path, CASE_APPLICATION)?;
        connection.execute_batch("BEGIN")?;
        Ok(Self::from_parts(connection, path.to_owned(), id.clone()))
    }

    /// The version of the file's layout, and the one that this program writes.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn layout(&self) -> Result<(i64, i64), StoreError> {
        let found = self.connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let known = crate::open::versions(CASE_APPLICATION).len();
        Ok((found, i64::try_from(known).unwrap_or(i64::MAX)))
    }

    /// What SQLite finds wrong in the file: its pages and indexes, and rows that point to rows that are not there. Reads all of it.
    ///
    /// # Errors
    /// What SQLite says when it cannot even look.
    pub fn database_faults(&self) -> Result<Vec<String>, StoreError> {
        let mut faults = integrity_faults(&self.connection)?;
        let mut statement = self.connection.prepare("PRAGMA foreign_key_check")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if faults.len() >= MAX_FAULTS {
                break;
            }
            let (table, number): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
            let (parent, number) = (row.get::<_, String>(2)?, number.map_or("?".into(), |n| n.to_string()));
            faults.push(format!("row {number} of {table} points to a row of {parent} that is not there"));
        }
        Ok(faults)
    }

    /// The number of rows of every table, sorted by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn row_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let query =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
        let mut statement = self.connection.prepare(query)?;
        let names = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        let count = |name: String| {
            let query = format!("SELECT count(*) FROM \"{}\"", name.replace('"', "\"\""));
            let rows: i64 = self.connection.query_row(&query, [], |row| row.get(0))?;
            Ok((name, rows.cast_unsigned()))
        };
        names.into_iter().map(count).collect()
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

/// SHA-256 and size of a file.
///
/// # Errors
/// What the operating system says.
pub fn file_digest(path: &Path) -> Result<([u8; 32], u64), StoreError> {
    read_file(path, |_| Ok(()))
}

fn read_file(
    path: &Path,
    mut each: impl FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<([u8; 32], u64), StoreError> {
    let failed = |error| io_error(path, error);
    let mut file = File::open(path).map_err(failed)?;
    let (mut hasher, mut length) = (Sha256::new(), 0_u64);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        each(bytes)?;
        length = length.saturating_add(bytes.len() as u64);
    }
    Ok((hasher.finalize().into(), length))
}

pub(crate) fn integrity_faults(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({MAX_FAULTS})"))?;
    let mut said = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    said.retain(|line| line != "ok");
    Ok(said)
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

const READ_ONLY: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX).union(OpenFlags::SQLITE_OPEN_URI);

/// The URI of a file that does not change: SQLite needs neither locks nor shared memory then.
fn immutable(path: &Path) -> PathBuf {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut uri = b"file://".to_vec();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'%' | b'?' | b'#' => uri.extend_from_slice(format!("%{byte:02x}").as_bytes()),
            byte => uri.push(*byte),
        }
    }
    uri.extend_from_slice(b"?immutable=1");
    std::ffi::OsString::from_vec(uri).into()
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
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(StoreError::Exists(to.to_owned())),
        other => other.map_err(|error| io_error(to, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(folder: &Path) -> CaseFile {
        CaseFile::create(&folder.join("c.db"), &CaseId::new("c").unwrap()).unwrap()
    }

    #[test]
    fn a_copy_is_of_one_moment_while_another_connection_writes() {
        let folder = tempfile::tempdir().unwrap();
        let case = case(folder.path());
        let place = folder.path().join("copy #1?.backup");
        let other = connect(case.path()).unwrap();
        // An open writing transaction of another: what it has not committed is not in the copy, and it does not hold the copy up.
        other.execute_batch("BEGIN IMMEDIATE; INSERT INTO property VALUES ('x', 'y')").unwrap();
        case.copy(&place).unwrap().put_in_place(&place).unwrap();
        other.execute_batch("COMMIT").unwrap();
        let copy = CaseFile::open_copy(&place).unwrap();
        assert_eq!(copy.id().as_str(), "c");
        assert_eq!(copy.database_faults().unwrap(), Vec::<String>::new());
        let count =
            |case: &CaseFile| case.row_counts().unwrap().iter().find(|t| t.0 == "property").unwrap().1;
        assert_eq!((count(&copy), count(&case)), (1, 2));
        assert!(matches!(case.copy(&place).unwrap().put_in_place(&place), Err(StoreError::Exists(_))));
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert!(names.iter().all(|name| !name.to_string_lossy().contains(UNFINISHED)), "{names:?}");
    }

    #[test]
    fn rows_that_point_nowhere_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let case = case(folder.path());
        case.connection
            .execute_batch("PRAGMA foreign_keys = OFF; INSERT INTO problem (image, severity, structure, text) VALUES (7, 'note', 's', 't')")
            .unwrap();
        let faults = case.database_faults().unwrap();
        assert_eq!(faults, ["row 1 of problem points to a row of image that is not there"]);
    }

    #[test]
    fn a_copy_with_a_log_beside_it_is_not_taken_for_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let case = case(folder.path());
        assert!(matches!(CaseFile::open_copy(case.path()), Err(StoreError::LogBeside { .. })));
    }
}
