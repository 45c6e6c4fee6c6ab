//! The first entries of ledgers.

use super::entry_content;
use crate::merkle::Hash;

entry_content! {
    /// A lab folder was created.
    LabCreateContent writes LabCreate {
        /// The lab's name for people.
        lab: String,
        /// The name of the lab's own record in checkpoints.
        origin: String,
    }
}

entry_content! {
    /// A case was opened: the first entry of its own ledger, and an entry of the lab's.
    CaseCreateContent writes CaseCreate {
        /// The origin of the lab.
        lab: String,
        /// The hash of the first entry of the case's ledger: in the lab's ledger only.
        first_entry: Option<Hash>,
    }
}
