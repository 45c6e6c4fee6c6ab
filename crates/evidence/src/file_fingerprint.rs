//! What a file of evidence was when it was opened: who changes it while it is read is noticed.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What the host says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFingerprint {
    /// Its size in bytes.
    pub bytes: u64,
    /// When its content was last changed, in nanoseconds since 1970 UTC.
    pub modified_ns: i64,
    /// When anything about it was last changed, in nanoseconds since 1970 UTC: nobody sets this time back without the system's clock.
    pub changed_ns: i64,
    /// Device and inode: another file may have been put in its place.
    pub file: (u64, u64),
}

/// A regular file that was opened, and what it was then.
#[derive(Clone, Debug)]
pub struct WatchedFile {
    /// The file.
    pub path: PathBuf,
    /// What it was when it was opened.
    pub opened: FileFingerprint,
}

impl FileFingerprint {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let modified =
            metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec());
        let changed =
            metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec());
        Self {
            bytes: metadata.len(),
            modified_ns: modified,
            changed_ns: changed,
            file: (metadata.dev(), metadata.ino()),
        }
    }

    /// What the file with this path is now; a link is followed.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn now(path: &Path) -> std::io::Result<Self> {
        Ok(Self::of(&std::fs::metadata(path)?))
    }
}
