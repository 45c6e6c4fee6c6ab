//! The end of a file's write-ahead log, made to last.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Makes the folder of a file last when it is dropped: to be dropped after the file's connection.
///
/// SQLite takes the write-ahead log away when the last connection closes, and does not make that last. Until the next log has made its own name
/// last, a loss of power could bring the old log back, next to a file that is newer than the log: the two together are no database.
pub(crate) struct FolderSync(PathBuf);

impl FolderSync {
    /// Returns the guard of a file that was just opened.
    pub(crate) fn of(file: &Path) -> Self {
        Self(folder_of(file).to_owned())
    }
}

/// Returns the folder that a file is in.
pub(crate) fn folder_of(file: &Path) -> &Path {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or_else(|| Path::new("."))
}

/// Makes the names in a folder last.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

impl Drop for FolderSync {
    fn drop(&mut self) {
        // OK to ignore: what was recorded lasts already, and the name of the next log makes the folder last again.
        let _ = sync_folder(&self.0);
    }
}
