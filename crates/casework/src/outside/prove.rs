//! The proof of one entry.

use case_model::RecordName;
use custody::EntryProof;

use super::leaves;
use crate::{CaseworkError, Session};

impl Session {
    /// Returns the proof that an entry stands in the record, under a signed checkpoint.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when there is no such entry; that it is under no checkpoint.
    pub fn prove(&mut self, name: &RecordName, seq: u64) -> Result<EntryProof, CaseworkError> {
        let signed = self.signed_checkpoint(name)?;
        let record = self.record(name)?;
        let entry = record.ledger.entry(seq)?.ok_or_else(|| {
            let show = name.case().map_or(String::new(), |case| format!(" {case}"));
            CaseworkError::Request(format!(
                "{name} has no entry {seq}; `athar custody show{show}` shows them"
            ))
        })?;
        let leaves = leaves(&record, u64::MAX)?;
        let proof = EntryProof::new(entry.seq.saturating_sub(1), &entry.body, &leaves, signed);
        proof.ok_or_else(|| {
            CaseworkError::Check(format!(
                "entry {seq} is under no signed checkpoint; `athar custody checkpoint` signs it"
            ))
        })
    }
}
