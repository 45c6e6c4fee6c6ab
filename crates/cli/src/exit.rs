//! Exit codes, and failures with their hints.

use std::io;
use std::process::ExitCode;

use case_store::StoreError;
use thiserror::Error;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done, everything accounted for.
    Complete,
    /// 1: the work could not be done, or a check found something wrong.
    Failed,
    /// 2: wrong usage.
    Usage,
    /// 3: finished, but something could not be read or does not reconcile.
    Incomplete,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Complete => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Incomplete => 3,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Scan(#[from] pipeline::ScanError),
    #[error(transparent)]
    Cat(#[from] pipeline::CatError),
    #[error("{file}: {error}")]
    Import {
        file: String,
        #[source]
        error: hash_set::ImportError,
    },
    #[error(transparent)]
    Evidence(#[from] evidence::EvidenceError),
    #[error(transparent)]
    HashSet(#[from] hash_set::HashSetError),
    #[error("standard output: {0}")]
    Output(#[source] io::Error),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Check(String),
}

impl Failure {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            _ => Exit::Failed,
        }
    }

    pub(crate) fn is_closed_pipe(&self) -> bool {
        match self {
            Self::Output(error) | Self::Cat(pipeline::CatError::Output(error)) => {
                error.kind() == io::ErrorKind::BrokenPipe
            }
            _ => false,
        }
    }

    /// What to do next, where that is not plain from the message.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Store(error) | Self::Scan(pipeline::ScanError::Store(error)) => store_hint(error),
            _ => None,
        }
    }
}

fn store_hint(error: &StoreError) -> Option<&'static str> {
    match error {
        StoreError::NotFound(_) => Some("`athar case list` shows the cases of this lab"),
        StoreError::Refused(_) => Some(
            "Nothing was done. The file is an older copy, or its entries were cut off or rewritten. Put the current file back; \
             `athar custody verify` says what still holds. If this copy is all that is left: `athar custody restore` \
             records that, with the reason, and goes on",
        ),
        StoreError::CaseGone { .. } => Some(
            "Nothing was done. Put the case file back into the lab's folder `cases`, or take another name for a new case",
        ),
        full if full.is_disk_full() => {
            Some("the disk is full: free some space and scan again; what was not finished is scanned anew")
        }
        busy if busy.is_busy() => Some("another program is writing to this case: wait for it to finish"),
        _ => None,
    }
}
