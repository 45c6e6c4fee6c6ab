//! The record in an export: log, checkpoints, proofs, personal signatures, and the signature over the whole.

use std::sync::Arc;

use case_store::CaseFile;
use custody::{
    Act, BagInfo, CHECKPOINT_NAMESPACE, EntryView, ExportOutput, ExportWriter, SignedCheckpoint,
    SignedNote, SigningKey, StoredEntry, UtcTime, ssh_sign,
};
use pipeline::EntryAuthor;

use super::content::failed;
use crate::CaseworkError;

/// Proofs of single entries in an export; `Session::prove` gives any other.
const MAX_PROOFS: usize = 200;

/// The record as far as its last checkpoint reaches, and who signs the export.
pub(super) struct Record {
    pub(super) key: SigningKey,
    pub(super) last: SignedCheckpoint,
    pub(super) organization: String,
    pub(super) author: Arc<EntryAuthor>,
}

impl Record {
    pub(super) fn write<O: ExportOutput>(
        &self,
        mut export: ExportWriter<O>,
        case: &mut CaseFile,
    ) -> Result<O, CaseworkError> {
        let size = self.last.checkpoint().size();
        let mut entries = case.ledger().entries()?;
        // Another program may have appended since: the last entry about an export must be that about this one.
        entries.retain(|entry| entry.seq <= size);
        export.log(entries.iter().cloned().map(Ok), []).map_err(failed)?;
        self.checkpoints(&mut export, case)?;
        for entry in entries.iter().filter(|entry| deserves_proof(entry)).take(MAX_PROOFS) {
            export.proof(entry, &self.last).map_err(failed)?;
        }
        for (seq, note) in case.ledger().signatures()?.into_iter().filter(|(seq, _)| *seq <= size) {
            let note = SignedNote::from_bytes(&note).map_err(|error| {
                CaseworkError::Check(format!("personal signature of entry {seq}: {error}"))
            })?;
            export.entry_signature(seq, &note).map_err(failed)?;
        }
        let tool = &self.author.tool;
        let info = BagInfo {
            organization: self.organization.clone(),
            time: UtcTime::from_unix_ns(self.author.now()),
            software: format!("{} {}", tool.name, tool.version),
        };
        export.finish(&info, Some(&self.key)).map_err(failed)
    }

    /// Writes the last checkpoint, and every one that somebody outside has signed or stamped.
    fn checkpoints<O: ExportOutput>(
        &self,
        export: &mut ExportWriter<O>,
        case: &mut CaseFile,
    ) -> Result<(), CaseworkError> {
        let last = self.last.checkpoint().size();
        for stored in case.ledger().checkpoints()?.into_iter().filter(|stored| stored.size <= last)
        {
            let Ok(signed) = SignedCheckpoint::from_bytes(&stored.note) else { continue };
            let is_last = stored.size == last;
            let outside = signed.note().signatures().len() > 1 || stored.timestamp_token.is_some();
            if !is_last && !outside {
                continue;
            }
            let ssh = ssh_sign(&self.key, CHECKPOINT_NAMESPACE, signed.to_string().as_bytes());
            // The key of today signs the last one; it may not yet have counted at an earlier one.
            let ssh = if is_last { vec![ssh] } else { Vec::new() };
            export.checkpoint(&signed, &ssh).map_err(failed)?;
            if let Some(token) = &stored.timestamp_token {
                export.timestamp(&signed, token).map_err(failed)?;
            }
        }
        Ok(())
    }
}

/// Queries and reads are many; what was done with exhibits and what was found are few.
fn deserves_proof(entry: &StoredEntry) -> bool {
    let act = EntryView::read(entry).and_then(|view| view.act());
    !matches!(act, None | Some(Act::Query | Act::Cat | Act::KeyAdd | Act::KeyRevoke))
}
