//! How a file does not continue what is known of its past.

use custody::Act;
use thiserror::Error;

use crate::quantities::counted;

/// How a file does not continue what is known of its past.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Discontinuity {
    /// The lab knows no such case.
    #[error(
        "the lab's ledger knows no case of this name: the file was written elsewhere, or the lab's ledger was replaced"
    )]
    Unknown,
    /// The lab knows the case by another name.
    #[error(
        "entry {said_by} of the lab's ledger renamed it {to}: the renaming was stopped half way, or an older copy was put here"
    )]
    Renamed {
        /// The name that it has now.
        to: String,
        /// The entry of the lab's ledger that says so.
        said_by: u64,
    },
    /// The case was removed.
    #[error(
        "entry {said_by} of the lab's ledger removed it: the removal was stopped half way, or an older copy was put here"
    )]
    Removed {
        /// The entry of the lab's ledger that says so.
        said_by: u64,
    },
    /// It begins with another entry.
    #[error(
        "its first entry has the hash {found}, and the lab's ledger says {expected}: it is another record of that name"
    )]
    FirstEntry {
        /// In the lab's ledger, in hexadecimal digits.
        expected: String,
        /// In the file.
        found: String,
    },
    /// An entry is gone or is another one.
    #[error(
        "entry {said_by} of the lab's ledger ({act}) says that its entry {seq} has the hash {expected}, and {found}: entries were cut off, rewritten, or the file is an older copy"
    )]
    Entry {
        /// The entry.
        seq: u64,
        /// The entry of the lab's ledger.
        said_by: u64,
        /// What that is about.
        act: Act,
        /// The hash in the lab's ledger, in hexadecimal digits.
        expected: String,
        /// What is there, in words.
        found: String,
    },
    /// It names a key as the lab's that the lab does not know.
    #[error(
        "entry {added_by} names the key {id} as the lab's, but the lab's ledger does not know it: this record was written elsewhere"
    )]
    ForeignKey {
        /// The key's id.
        id: String,
        /// The entry that names it.
        added_by: u64,
    },
    /// The lab's copy of the last checkpoint is gone.
    #[error(
        "it holds {}, and the lab's own copy of the last one is gone ({path}): entries behind an older one could have been cut off or rewritten",
        counted(*checkpoints, "checkpoint", "checkpoints")
    )]
    NoteGone {
        /// Checkpoints in the file.
        checkpoints: usize,
        /// Where the copy was.
        path: String,
    },
}
