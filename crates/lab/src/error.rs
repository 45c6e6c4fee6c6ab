//! What goes wrong with a lab's folder.

use std::io;
use std::path::{Path, PathBuf};

use custody::CheckpointError;
use thiserror::Error;

/// What goes wrong with a lab's folder.
#[derive(Debug, Error)]
pub enum LabError {
    /// No lab in that folder.
    #[error("{0}: there is no lab here")]
    NoLab(PathBuf),
    /// The lab's settings cannot be read.
    #[error("{path}: {reason}")]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        reason: String,
    },
    /// A key file of that name exists.
    #[error("{0}: the file exists already")]
    Exists(PathBuf),
    /// A trusted checkpoint cannot be read.
    #[error("{path}: the last known checkpoint is damaged: {why}")]
    TrustedCheckpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: CheckpointError,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
    /// The operating system refused.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Its words.
        #[source]
        error: io::Error,
    },
}

impl LabError {
    pub(crate) fn io(path: &Path, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }

    /// Returns true when there is no room for what was to be written.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == io::ErrorKind::StorageFull)
    }
}
