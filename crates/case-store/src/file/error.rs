//! What goes wrong with a case file.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

/// What goes wrong with a case file.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A finding of an analyser that the image was not told of (a fault of this program).
    #[error("a finding names analyser {0}, which does not look into this image")]
    UnknownAnalyser(usize),
    /// A case of that name exists.
    #[error("{0}: the case file exists already")]
    Exists(PathBuf),
    /// SQLite finds the file damaged.
    #[error("{path}: the file is damaged: {}", faults.join("; "))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        faults: Vec<String>,
    },
    /// A copy could not be made because another program held the file.
    #[error("{0}: another program holds the file; the copy could not be made")]
    CopyHeldUp(PathBuf),
    /// A file that should stand alone has a write-ahead log beside it.
    #[error(
        "{path}: it is not a file that stands alone: part of it is in {log}; `athar case backup` makes a copy that does"
    )]
    LogBeside {
        /// The file.
        path: PathBuf,
        /// The log.
        log: PathBuf,
    },
    /// A part of a file is in its log, and nothing can be written where it is.
    #[error(
        "{path}: a part of it is in {log}, and nothing can be written here: copy both files (best the whole folder) to a disk that can be written, and open them there"
    )]
    LogOnReadOnly {
        /// The file.
        path: PathBuf,
        /// The log.
        log: PathBuf,
    },
    /// A file has an older layout, and nothing can be written where it is.
    #[error(
        "{path}: it has the older layout {found} (this program reads {known}), and nothing can be written here: copy it to a disk that can be written, and open it there"
    )]
    OlderOnReadOnly {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: i64,
        /// The one that this program reads.
        known: i64,
    },
    /// The path is on another machine.
    #[error(
        "{path}: it lies on {file_system}, and a case file there can be damaged when two programs use it; take a folder on a disk of this machine"
    )]
    Remote {
        /// The path.
        path: PathBuf,
        /// The kind of file system, for people.
        file_system: String,
    },
    /// The operating system refused.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Its words.
        #[source]
        error: std::io::Error,
    },
    /// The file was made by a newer version of the program.
    #[error(
        "{path}: schema version {found}, this program knows up to {known}; open it with the newer program that made it"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// No case of that name.
    #[error("{0}: there is no such case file")]
    NotFound(PathBuf),
    /// A signature could not be made.
    #[error("custody ledger: {0}")]
    Signature(#[from] custody::NoteError),
    /// Some other file.
    #[error("{0}: not an athar file (application id {1:#x})")]
    NotOurs(PathBuf, i64),
    /// A ledger entry could not be made.
    #[error("custody ledger: {0}")]
    Custody(#[from] custody::EntryError),
    /// SQLite refused. Full disks come this way.
    #[error("case file: {0}")]
    Database(#[from] DatabaseError),
}

/// What SQLite said.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct DatabaseError {
    error: rusqlite::Error,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(DatabaseError { error })
    }
}

impl StoreError {
    /// True when there is no room for what was to be written.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Io { error, .. } => error.kind() == std::io::ErrorKind::StorageFull,
            _ => self.sqlite_code() == Some(ErrorCode::DiskFull),
        }
    }

    /// True when another program held the file for longer than a writer waits.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.sqlite_code() == Some(ErrorCode::DatabaseBusy)
    }

    /// Returns true when nothing is wrong with the file, and it cannot be read in full only because nothing can be written where it is.
    #[must_use]
    pub const fn is_of_read_only_place(&self) -> bool {
        matches!(self, Self::LogOnReadOnly { .. } | Self::OlderOnReadOnly { .. })
    }

    /// Returns true when a request to stop ended the work: see [`crate::CaseFile::transaction_unless_stopped`].
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.sqlite_code() == Some(ErrorCode::OperationInterrupted)
    }

    fn sqlite_code(&self) -> Option<ErrorCode> {
        match self {
            Self::Database(DatabaseError { error }) => error.sqlite_error_code(),
            _ => None,
        }
    }
}

pub(crate) fn io_error(path: &Path, error: std::io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), error }
}
