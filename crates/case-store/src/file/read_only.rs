//! Files on media that nothing can be written to: they are read as they are, without locks and without files beside them.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use rustix::fs::Access;
use rustix::io::Errno;

use super::copy::with_ending;
use super::error::StoreError;
use super::folder_sync::folder_of;
use super::layout::{check_kind, user_version, versions};

const READ_ONLY: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX)
    .union(OpenFlags::SQLITE_OPEN_URI);

/// Returns whether this program may not write at a path: the medium is read-only, or the permissions say so.
#[must_use]
pub fn is_read_only(path: &Path) -> bool {
    why_read_only(path).is_some()
}

fn why_read_only(path: &Path) -> Option<Errno> {
    let refused = rustix::fs::access(path, Access::WRITE_OK).err()?;
    matches!(refused, Errno::ROFS | Errno::ACCESS | Errno::PERM).then_some(refused)
}

/// Returns whether a database at `path` can only be read: SQLite writes beside it, too.
pub(crate) fn can_only_be_read(path: &Path) -> bool {
    is_read_only(path) || is_read_only(folder_of(path))
}

/// Opens a file that can only be read.
///
/// # Errors
/// [`StoreError::LogOnReadOnly`] when a part of it is in its log: without the log it would be an older state.
/// [`StoreError::OlderOnReadOnly`] when its layout is older; [`StoreError::NotOurs`], [`StoreError::Newer`], and what SQLite says.
pub(crate) fn open_read_only(path: &Path, application: i64) -> Result<Connection, StoreError> {
    let connection = open_as_it_is(path, application)?;
    let found = user_version(&connection)?;
    let known = versions(application).len();
    match usize::try_from(found).is_ok_and(|found| found == known) {
        true => Ok(connection),
        false => Err(StoreError::OlderOnReadOnly {
            path: path.to_owned(),
            found,
            known: i64::try_from(known).unwrap_or(i64::MAX),
        }),
    }
}

/// As [`open_read_only`], whatever its layout.
pub(crate) fn open_as_it_is(path: &Path, application: i64) -> Result<Connection, StoreError> {
    let log = with_ending(path, "-wal");
    if is_log_to_be_heeded(path, &log) {
        return Err(StoreError::LogOnReadOnly { path: path.to_owned(), log });
    }
    let connection = Connection::open_with_flags(immutable(path), READ_ONLY)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    check_kind(&connection, path, application)?;
    Ok(connection)
}

/// On a read-only medium only a log with content matters: nobody writes there. Where only this program may not write, another may be at
/// work as long as there is a log.
fn is_log_to_be_heeded(path: &Path, log: &Path) -> bool {
    let Ok(log) = fs::metadata(log) else { return false };
    let nobody_writes =
        [why_read_only(path), why_read_only(folder_of(path))].contains(&Some(Errno::ROFS));
    log.len() > 0 || !nobody_writes
}

/// Returns the URI of a file that does not change: SQLite needs neither locks nor shared memory then.
pub(crate) fn immutable(path: &Path) -> PathBuf {
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
