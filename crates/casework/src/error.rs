//! Why an act was not done.

use std::path::PathBuf;

use case_model::{CaseId, RecordName};
use case_store::StoreError;
use custody::CheckpointError;
use lab::LabError;
use thiserror::Error;

use crate::case_past::ClosedCase;
use crate::discontinuity::Discontinuity;
use crate::quantities::counted;
use crate::refusal::Refusal;
use crate::unknown_case::UnknownCase;

/// Why an act was not done, or not to its end.
#[derive(Debug, Error)]
pub enum CaseworkError {
    /// A database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lab's folder cannot be read or written.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// A scan or a match ended.
    #[error(transparent)]
    Scan(#[from] pipeline::ScanError),
    /// An image cannot be looked at.
    #[error(transparent)]
    Look(#[from] look::LookError),
    /// Content cannot be read back.
    #[error(transparent)]
    Cat(#[from] look::CatError),
    /// Evidence cannot be opened.
    #[error(transparent)]
    Evidence(#[from] evidence::EvidenceError),
    /// A hash set cannot be used.
    #[error(transparent)]
    HashSet(#[from] hash_set::HashSetError),
    /// A hash set cannot be imported.
    #[error("{}", with_file(file, error))]
    Import {
        /// The file.
        file: String,
        /// Why.
        #[source]
        error: hash_set::ImportError,
    },
    /// The ledger is not the one that was signed.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// The ledger does not continue what the lab knows of its past.
    #[error("{record}: {why}")]
    NotContinued {
        /// The ledger.
        record: RecordName,
        /// How.
        why: Box<Discontinuity>,
    },
    /// The lab's own ledger is gone, and the lab is not a new one.
    #[error("the lab's own ledger is gone ({}), though this is no new lab: {traces}", path.display())]
    LedgerGone {
        /// Where it was.
        path: PathBuf,
        /// What shows that the lab is not new, in words.
        traces: String,
    },
    /// A stored checkpoint cannot be read.
    #[error("{record}: a stored checkpoint is damaged: {why}")]
    Checkpoint {
        /// The ledger.
        record: RecordName,
        /// What is wrong with it.
        why: CheckpointError,
    },
    /// The case's file is gone; a new one of that name would hide it.
    #[error("case {case}: its file is gone, though the lab knows of its {}", counted(*entries, "ledger entry", "ledger entries"))]
    CaseGone {
        /// The case.
        case: CaseId,
        /// The entries that the checkpoint covers.
        entries: u64,
    },
    /// Nothing can be written in the lab.
    #[error("{}: nothing can be written here, so nothing can be recorded", lab.display())]
    ReadOnly {
        /// The lab's folder, or the file of the case that is looked at alone.
        lab: PathBuf,
    },
    /// A name means no case of the lab.
    #[error("{0}")]
    NoCase(Box<UnknownCase>),
    /// Nothing is scanned into a closed case.
    #[error(
        "case {case} is closed: entry {} of the lab's ledger, {}: {}", closed.said_by, closed.time, closed.reason
    )]
    Closed {
        /// The case.
        case: CaseId,
        /// When, why, and what says so.
        closed: ClosedCase,
    },
    /// What was asked for cannot be: nothing was done.
    #[error("{0}")]
    Request(String),
    /// A check failed, or something outside cannot be read or written.
    #[error("{0}")]
    Check(String),
}

impl CaseworkError {
    pub(crate) fn not_continued(record: &RecordName, why: Discontinuity) -> Self {
        Self::NotContinued { record: record.clone(), why: Box::new(why) }
    }

    /// Returns true when a ledger is not worked with, because it is not the one of which the lab knows.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::NotContinued { .. } | Self::LedgerGone { .. })
    }

    /// Returns true when there is no room for what was to be written.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Store(error) | Self::Scan(pipeline::ScanError::Store(error)) => {
                error.is_disk_full()
            }
            Self::Lab(error) => error.is_disk_full(),
            _ => false,
        }
    }

    /// Returns true when the act was stopped on request.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        match self {
            Self::Store(error) => error.is_stopped(),
            Self::Scan(error) => matches!(error, pipeline::ScanError::Stopped),
            Self::Import { error, .. } => matches!(error, hash_set::ImportError::Stopped),
            _ => false,
        }
    }

    /// Returns true when another program held a file for longer than a writer waits.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Store(error) | Self::Scan(pipeline::ScanError::Store(error)) => error.is_busy(),
            _ => false,
        }
    }
}

/// Returns the error with the file's name in front, unless it says that itself.
fn with_file(file: &str, error: &hash_set::ImportError) -> String {
    let text = error.to_string();
    if text.starts_with(file) { text } else { format!("{file}: {text}") }
}
