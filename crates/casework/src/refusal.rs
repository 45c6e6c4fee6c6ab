//! Why the program does not work with a ledger.

use case_model::RecordName;
use custody::CheckpointFault;
use thiserror::Error;

/// Why the program does not work with a ledger: it is not the one that was signed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{record}: the custody ledger does not fit {which}: {fault}")]
pub struct Refusal {
    /// The ledger.
    pub record: RecordName,
    /// Which checkpoint.
    pub which: &'static str,
    /// What it shows.
    pub fault: CheckpointFault,
}
