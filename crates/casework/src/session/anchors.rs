//! The lab's own ledger is told what was signed of each case: a case that is put back from an older copy later, or rewritten, does not fit it.

use case_model::{CaseId, RecordName};
use custody::content::CheckpointContent;
use custody::{Hash, SignedCheckpoint};

use super::{Session, named};
use crate::CaseworkError;
use crate::lab_knowledge::KnownCase;

/// A checkpoint of a case of which the lab's ledger is to be told.
#[derive(Clone, Debug)]
pub(super) struct Anchor {
    size: u64,
    root: Hash,
    head: Hash,
    /// The last entry that is no question: questions are many, and alone are not told.
    weighty: u64,
}

impl Session {
    /// Notes a checkpoint of a case that this session signed.
    pub(super) fn note_anchor(&mut self, name: &RecordName, signed: &SignedCheckpoint) {
        let RecordName::Case(id) = name else { return };
        let Some(open) = self.cases.get(id) else { return };
        let checkpoint = signed.checkpoint();
        let verified = &open.verified;
        // Only what the session has read itself up to that entry has a hash to tell.
        if verified.head().seq != checkpoint.size() {
            return;
        }
        let anchor = Anchor {
            size: checkpoint.size(),
            root: *checkpoint.root(),
            head: verified.head().hash,
            weighty: verified.weighty(),
        };
        self.anchors.insert(id.clone(), anchor);
    }

    /// Tells the lab's ledger what was signed of the cases, where something else than questions was added.
    pub(super) fn tell_anchors(&mut self) -> Result<(), CaseworkError> {
        let anchors = std::mem::take(&mut self.anchors);
        if anchors.is_empty() {
            return Ok(());
        }
        let author = self.author();
        let record = self.record(&RecordName::Lab)?;
        let known = record.verified.knowledge();
        let last =
            |id: &CaseId| known.and_then(|known| known.case(id.as_str())).and_then(KnownCase::last);
        let entries: Vec<_> = anchors
            .into_iter()
            .filter(|(id, anchor)| last(id).is_none_or(|last| last.seq < anchor.weighty))
            .map(|(id, anchor)| {
                let Anchor { size, root, head, .. } = anchor;
                let content = CheckpointContent { size, root, head, witness: None };
                named(&RecordName::Case(id), author.entry(content))
            })
            .collect();
        match entries.is_empty() {
            true => Ok(()),
            false => self.append_entries(&RecordName::Lab, entries),
        }
    }
}
