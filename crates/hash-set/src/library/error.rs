//! What goes wrong with a library of sets.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use words::counted;

use crate::compiled::{DetailsError, HsetFault};

/// Why a library of sets cannot be used.
#[derive(Debug, Error)]
pub enum HashSetError {
    /// The operating system cannot read or write a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A set's file is damaged: no lookup is answered, because its hits would be missing.
    #[error("{}: {fault}; import the set again and move this folder away", path.display())]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        fault: DamageKind,
    },
    /// No set has this name or digest.
    #[error("no hash set has the name, or a content digest that begins with, {wanted:?}")]
    NotFound {
        /// What was looked for.
        wanted: String,
    },
    /// Several sets have this name or digest.
    #[error(
        "{} the name, or a content digest that begins with, {wanted:?}; give more digits",
        counted(*count, "hash set has", "hash sets have")
    )]
    Ambiguous {
        /// What was looked for.
        wanted: String,
        /// How many sets it fits.
        count: usize,
    },
}

impl HashSetError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, source }
    }

    pub(super) fn damaged(path: &Path, fault: impl Into<DamageKind>) -> Self {
        Self::Damaged { path: path.to_path_buf(), fault: fault.into() }
    }
}

/// What is wrong with a set's file.
#[derive(Debug, Error)]
pub enum DamageKind {
    /// It is not there.
    #[error("the file is missing")]
    Missing,
    /// `set.json` cannot be understood.
    #[error("not a set description: {0}")]
    Description(#[from] serde_json::Error),
    /// `set.json` was written by a later version.
    #[error("version {found} of the set description, this program reads version {expected}")]
    Version {
        /// The version that is read.
        expected: u32,
        /// The version that is there.
        found: u32,
    },
    /// The folder's name is not the beginning of the content digest.
    #[error("the folder should be called {expected}")]
    Folder {
        /// The name by the content digest.
        expected: String,
    },
    /// An `.hset` file is damaged.
    #[error(transparent)]
    Hset(#[from] HsetFault),
    /// `details.db` is damaged.
    #[error(transparent)]
    Details(#[from] DetailsError),
    /// An `.hset` file belongs to another set.
    #[error("belongs to the set whose content digest begins with {found}")]
    OtherSet {
        /// First half of that set's content digest.
        found: String,
    },
    /// A number differs from the description's.
    #[error("{what}: {found}, the description says {expected}")]
    Count {
        /// What was counted.
        what: &'static str,
        /// As described.
        expected: u64,
        /// As counted.
        found: u64,
    },
    /// A file is not what was compiled.
    #[error("SHA-256 is {found}, the description says {expected}")]
    FileDigest {
        /// As described.
        expected: String,
        /// Of the file.
        found: String,
    },
    /// The entries do not give the content digest.
    #[error("the entries give the content digest {found}, the description says {expected}")]
    ContentDigest {
        /// As described.
        expected: String,
        /// Of the entries.
        found: String,
    },
}
