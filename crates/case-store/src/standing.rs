//! How a ledger stands to the checkpoints that are known of it.

use custody::{
    CheckpointFault, Head, Json, KeyHistory, RecordVerifier, SignedCheckpoint, StoredEntry, VerifiedRecord,
    parse_canonical,
};
use thiserror::Error;

use crate::{Ledger, RecordName, StoreError};

/// A ledger that was read from its first entry to its last.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The record's name in checkpoints; empty for a ledger without a readable first entry.
    pub origin: String,
    /// Chain, roots and keys.
    pub record: VerifiedRecord,
    /// The size that the largest stored checkpoint covers; 0 without one.
    pub covered: u64,
}

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

/// Who keeps a checkpoint, in words.
const BY_LAB: &str = "the last checkpoint that the lab kept";
const IN_FILE: &str = "the last checkpoint in its own file";

impl Ledger<'_> {
    /// Reads all entries: the chain, the keys, and the roots at these sizes and at the size of the last stored checkpoint.
    ///
    /// # Errors
    /// What SQLite says. What is wrong with the entries is in the answer.
    pub fn standing(&self, sizes: &[u64]) -> Result<Standing, StoreError> {
        self.read(sizes, 0)
    }

    /// The record's name in checkpoints; empty without a readable first entry.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn origin(&self) -> Result<String, StoreError> {
        Ok(self.entry(1)?.as_ref().and_then(origin_of).unwrap_or_default())
    }

    /// The bodies of the first `signed` entries are not read: the caller compares them with a checkpoint of that size.
    fn read(&self, sizes: &[u64], signed: u64) -> Result<Standing, StoreError> {
        let covered = self.last_checkpoint()?.map_or(0, |last| last.size);
        let mut verifier = RecordVerifier::new(sizes.iter().copied().chain([covered])).with_signed(signed);
        let mut origin = String::new();
        self.each(&mut |entry| {
            if origin.is_empty() {
                origin = origin_of(&entry).unwrap_or_default();
            }
            // The fault is kept by the verifier.
            let _ = verifier.push(&entry);
            true
        })?;
        Ok(Standing { origin, record: verifier.finish(), covered })
    }

    /// Reads all entries and compares them with the checkpoint that the lab kept and the last one in the file.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when they do not fit, or what SQLite says.
    pub fn checked(
        &self,
        name: &RecordName,
        kept: Option<&SignedCheckpoint>,
    ) -> Result<Standing, StoreError> {
        let sizes: Vec<u64> = kept.map(|kept| kept.checkpoint().size()).into_iter().collect();
        let own = self.last_checkpoint()?.map(|last| SignedCheckpoint::from_bytes(&last.note));
        let own = own.transpose().map_err(|why| StoreError::Checkpoint { record: name.clone(), why })?;
        let signed = own.iter().chain(kept).map(|signed| signed.checkpoint().size()).max();
        let standing = self.read(&sizes, signed.unwrap_or(0))?;
        for (which, signed) in [(BY_LAB, kept), (IN_FILE, own.as_ref())] {
            if let Some(fault) = signed.and_then(|signed| standing.fault(signed)) {
                let refusal = Refusal { record: name.clone(), which, fault };
                return Err(StoreError::Refused(Box::new(refusal)));
            }
        }
        Ok(standing)
    }
}

impl Standing {
    /// The last good entry.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.record.chain.head
    }

    /// The keys that the ledger names.
    #[must_use]
    pub const fn keys(&self) -> &KeyHistory {
        &self.record.keys
    }

    /// What a checkpoint shows against the entries. That a key was revoked later, or is not known here, says nothing about the entries.
    fn fault(&self, signed: &SignedCheckpoint) -> Option<CheckpointFault> {
        match self.record.judge_checkpoint(&self.origin, signed, &[]) {
            Err(CheckpointFault::VoidKey { .. }) | Ok(_) => None,
            Err(fault) => Some(fault),
        }
    }
}

/// The name of a record in checkpoints, as its first entry says it: `lab_create` names its own, `case_create` the lab's, to which the case
/// is added. The same for the record's whole life, whatever becomes of the lab's settings or of the file's name.
#[must_use]
pub fn origin_of(first: &StoredEntry) -> Option<String> {
    let body = parse_canonical(&first.body).ok()?;
    let field = |name: &str| body.get("fields").and_then(|fields| fields.get(name)).and_then(Json::as_text);
    match (field("origin"), field("lab"), body.get("case").and_then(Json::as_text)) {
        (Some(origin), _, None) => Some(origin.to_owned()),
        (None, Some(lab), Some(case)) => Some(format!("{lab}/{case}")),
        _ => None,
    }
}
