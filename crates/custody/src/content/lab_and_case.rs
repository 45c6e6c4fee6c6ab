//! The first entries of ledgers.

use super::{DecimalText, entry_content};
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

entry_content! {
    /// A case got another name; in the case's ledger and in the lab's. The record keeps the origin of its first entry.
    CaseRenameContent writes CaseRename {
        /// The name before.
        from: String,
        /// The name from here on.
        to: String,
    }
}

entry_content! {
    /// A case was closed; in the case's ledger and in the lab's.
    CaseCloseContent writes CaseClose {
        /// The hash of the last entry of the case's ledger: before this entry in the case's own, with it in the lab's.
        head: Hash,
        /// The number of entries up to there.
        entries: u64,
    }
}

entry_content! {
    /// A closed case was opened again; in the case's ledger and in the lab's.
    CaseReopenContent writes CaseReopen {
        /// The entry of the lab's ledger that closed it.
        closed_by: Option<u64>,
    }
}

entry_content! {
    /// The index of a case was removed; in the case's ledger and in the lab's. The record stays, in a file of its own.
    CaseRemoveContent writes CaseRemove {
        /// The number of exhibits in the index.
        exhibits: DecimalText,
        /// The canonical digest of the index that was removed.
        manifest: Hash,
        /// The hash of the last entry of the case's ledger: before this entry in the case's own, with it in the lab's.
        head: Hash,
        /// The number of entries up to there.
        entries: u64,
        /// The hash of the first entry of the case's ledger: in the lab's ledger only.
        first_entry: Option<Hash>,
    }
}
