//! Exit codes, and failures with their hints.

use std::io;
use std::process::ExitCode;

use case_store::StoreError;
use casework::CaseworkError;
use hash_set::ImportError;
use lab::LabError;
use look::CatError;
use pipeline::ScanError;
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
    /// 130: stopped by SIGINT (Ctrl-C).
    Interrupted,
    /// 143: stopped by SIGTERM.
    Terminated,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Complete => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Incomplete => 3,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Work(#[from] CaseworkError),
    #[error("standard output: {0}")]
    Output(#[source] io::Error),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Check(String),
}

/// Errors of the rooms below that commands call themselves.
macro_rules! errors_of_casework {
    ($($error:ty,)*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::Work(error.into())
            }
        })*
    };
}

errors_of_casework! {
    StoreError,
    LabError,
    ScanError,
    look::LookError,
    CatError,
    evidence::EvidenceError,
    hash_set::HashSetError,
    hash_set::RankingError,
}

impl Failure {
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) | Self::Work(CaseworkError::Request(_)) => Exit::Usage,
            _ => Exit::Failed,
        }
    }

    /// Returns whether the work was stopped on request.
    pub(crate) fn is_stopped(&self) -> bool {
        matches!(self, Self::Work(error) if error.is_stopped())
    }

    pub(crate) fn is_closed_pipe(&self) -> bool {
        match self {
            Self::Output(error) | Self::Work(CaseworkError::Cat(CatError::Output(error))) => {
                error.kind() == io::ErrorKind::BrokenPipe
            }
            _ => false,
        }
    }

    /// What to do next, where that is not plain from the message.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Work(CaseworkError::Import { error, .. }) => import_hint(error),
            Self::Work(error) => work_hint(error).map(str::to_owned),
            _ => None,
        }
    }
}

/// What to say of a list that is not understood, with an example.
fn import_hint(error: &ImportError) -> Option<String> {
    let columns = |names: &[String]| {
        let name = names.first().map_or("NAME", String::as_str);
        format!(
            "Nothing was imported. Say which column holds digests, as in --columns '{}=md5' (or sha1, sha256, name, size, ignore: \
             NAME=WHAT,…); a list without a header is --format digest-list",
            crate::display::copyable(name)
        )
    };
    Some(match error {
        ImportError::NoDigestColumn { columns: names } | ImportError::NoSuchColumn { columns: names, .. } => {
            columns(names)
        }
        ImportError::Unrecognised { .. } => "Nothing was imported. Say what it is: --format digest-list for digests in lines, \
            --format sums for lists of md5sum and its kin, --format csv-table --columns 'NAME=md5' for a table; \
            `athar hash-set import --help` has the rest"
            .to_owned(),
        ImportError::AlgorithmNotSaid { .. } => {
            "Nothing was imported. Say it with --algorithm sha256 (or blake3); when it stands where md5sum and its kin write a name: \
             --format sums"
                .to_owned()
        }
        ImportError::MixedAlgorithms { .. } => "Nothing was imported. Take all of them with --mixed-algorithms".to_owned(),
        ImportError::NoEntries { .. } => "Nothing was imported. If it is a list of another kind, say so: --format digest-list, or \
            --format csv-table --columns 'NAME=md5' for a table"
            .to_owned(),
        _ => return None,
    })
}

fn work_hint(error: &CaseworkError) -> Option<&'static str> {
    match error {
        CaseworkError::Store(StoreError::NotFound(_)) | CaseworkError::NoCase(_) => {
            Some("`athar case list` shows the cases of this lab")
        }
        CaseworkError::ReadOnly { .. } => Some(
            "Nothing was done. Questions (find, export, cat, custody verify, case check) are answered here; to work with it, copy the lab to a disk that can be written",
        ),
        CaseworkError::Closed { .. } => Some(
            "Nothing was scanned. `athar case reopen CASE --reason …` opens it again; --case NAME takes another one",
        ),
        CaseworkError::NotContinued { why, .. } if why.is_half_done() => Some(
            "Nothing was done. Say the same `athar case rename` or `athar case remove` again, which finishes it; an older copy is to be moved away",
        ),
        CaseworkError::Lab(LabError::NoLab(_)) => {
            Some("`athar scan` makes one; --lab or ATHAR_LAB names another folder")
        }
        CaseworkError::Scan(ScanError::Checkpoint { .. }) => {
            Some("`athar scan --afresh` discards them and begins again")
        }
        CaseworkError::Scan(ScanError::Temporary { .. }) => {
            Some("--memory sets how much memory a scan may use")
        }
        CaseworkError::LedgerGone { .. } => Some(
            "Nothing was done. Put ledger.db back, best with the whole folder of the lab. If it is lost: `athar custody restore --from … --reason …` \
             begins a new one, which says so",
        ),
        CaseworkError::NotContinued { why, .. } if !why.is_older_copy() => Some(
            "Nothing was done. Put the case's own file back; `athar custody verify` says what still holds",
        ),
        CaseworkError::Refused(_) | CaseworkError::NotContinued { .. } => Some(
            "Nothing was done. The file is an older copy, or its entries were cut off or rewritten. Put the current file back; \
             `athar custody verify` says what still holds. If this copy is all that is left: `athar custody restore` \
             records that, with the reason, and goes on",
        ),
        CaseworkError::CaseGone { .. } => Some(
            "Nothing was done. Put the case file back into the lab's folder `cases`, or take another name for a new case",
        ),
        full if full.is_disk_full() => Some(
            "the disk is full: free some space and scan again; what was not finished is scanned anew",
        ),
        busy if busy.is_busy() => {
            Some("another program is writing to this case: wait for it to finish")
        }
        _ => None,
    }
}
