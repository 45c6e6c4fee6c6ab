//! The end of a file's write-ahead log, made to last.

use std::fs::File;
use std::path::{Path, PathBuf};

/// Makes the folder of a file last when it is dropped: to be dropped after the file's connection.
///
/// SQLite takes the write-ahead log away when the last connection closes, and does not make that last. Until the next log has made its own name
/// last, a loss of power could bring the old log back, next to a file that is newer than the log: the two together are no database.
pub(crate) struct FolderSync(PathBuf);

impl FolderSync {
    /// Returns the guard of a file that was just opened.
    pub(crate) fn of(file: &Path) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        Self(folder.unwrap_or_else(|| Path::new(".")).to_owned())
    }
}

impl Drop for FolderSync {
    fn drop(&mut self) {
        // OK to ignore: what was recorded lasts already, and the name of the next log makes the folder last again.
        let _ = File::open(&self.0).and_then(|folder| folder.sync_all());
    }
}
