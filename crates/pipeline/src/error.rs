//! What ends a scan.

use case_model::StopToken;
use case_store::StoreError;
use hash_set::HashSetError;
use thiserror::Error;

/// What ends a whole scan. What is wrong with one item of evidence is in its [`crate::ItemResult`].
#[derive(Debug, Error)]
pub enum ScanError {
    /// The case file cannot be written (or read).
    #[error(transparent)]
    Store(StoreError),
    /// A stop was requested: what was done until then is stored.
    #[error("stopped on request; what was done until then is stored")]
    Stopped,
    /// A hash set cannot be read: a match could be missed, so nothing is recorded as done.
    #[error(transparent)]
    HashSet(#[from] HashSetError),
    /// A scan that was broken off cannot go on.
    #[error(
        "{path}: the rows of its scan that was broken off do not fit their checkpoint: they have to be discarded, and the item scanned again"
    )]
    Checkpoint {
        /// The item.
        path: String,
    },
    /// Where a scan stands has no form that can be stored: rows without a checkpoint would be written twice after a break.
    #[error(
        "{path}: where its scan stands cannot be stored (a fault of this program, please report it); what was stored before is kept"
    )]
    NoCheckpoint {
        /// The item.
        path: String,
    },
    /// What was kept in a temporary file cannot be read back.
    #[error(
        "{path}: {why}; nothing of what it held was written into the case: free the disk or let the scan use more memory, then scan again (it goes on from its last checkpoint)"
    )]
    Temporary {
        /// The item.
        path: String,
        /// Which file, and what the system said.
        why: String,
    },
    /// The workers ended before all parts of the record tables were written: the item has no verdict.
    #[error(
        "{path}: its scan ended after {written} of {} of the record tables (a fault of this program, please report it); what was written is kept, scan again for the rest",
        words::counted(*parts, "part", "parts")
    )]
    EndedEarly {
        /// The item.
        path: String,
        /// Parts that are written.
        written: usize,
        /// Parts in all.
        parts: usize,
    },
    /// An item of the batch was given up.
    #[error(
        "the rest of the batch was given up: an item before could not be written, or a reader of this program failed (please report it); what was finished is in the case, scan again for the rest"
    )]
    GivenUp,
    /// Threads cannot be started.
    #[error("cannot start {}: {reason}", words::counted(*threads, "worker thread", "worker threads"))]
    Threads {
        /// How many were wanted.
        threads: usize,
        /// What the system said.
        reason: String,
    },
}

impl From<StoreError> for ScanError {
    fn from(error: StoreError) -> Self {
        if error.is_stopped() { Self::Stopped } else { Self::Store(error) }
    }
}

/// Returns an error when a stop was requested.
///
/// # Errors
/// [`ScanError::Stopped`].
pub(crate) fn unless_stopped(stop: &StopToken) -> Result<(), ScanError> {
    if stop.is_requested() { Err(ScanError::Stopped) } else { Ok(()) }
}
