//! What goes into an export.

use std::sync::Arc;

use case_store::CaseFile;
use custody::{
    Act, BagInfo, CHECKPOINT_NAMESPACE, EntryView, ExportError, ExportOutput, ExportWriter, SignedCheckpoint,
    SignedNote, SigningKey, StoredEntry, UtcTime, ssh_sign,
};
use pipeline::Scribe;

use super::{case_document, file_list};
use crate::CaseworkError;

/// Proofs of single entries in an export; `Session::prove` gives any other.
const MAX_PROOFS: usize = 200;

/// What goes into an export beside the ledger itself.
pub(super) struct Content {
    pub(super) origin: String,
    pub(super) key: SigningKey,
    pub(super) last: SignedCheckpoint,
    pub(super) authority: Option<String>,
    pub(super) files: bool,
    pub(super) organization: String,
    pub(super) author: Arc<Scribe>,
}

fn failed(error: ExportError) -> CaseworkError {
    CaseworkError::Check(format!("export: {error}"))
}

impl Content {
    pub(super) fn write<O: ExportOutput>(&self, output: O, case: &mut CaseFile) -> Result<O, CaseworkError> {
        let mut export = ExportWriter::new(output, &self.origin);
        let entries = case.ledger().entries()?;
        export.log(entries.iter().cloned().map(Ok), []).map_err(failed)?;
        self.checkpoints(&mut export, case)?;
        for entry in entries.iter().filter(|entry| deserves_proof(entry)).take(MAX_PROOFS) {
            export.proof(entry, &self.last).map_err(failed)?;
        }
        for (seq, note) in case.ledger().signatures()? {
            let note = SignedNote::from_bytes(&note).map_err(|error| {
                CaseworkError::Check(format!("personal signature of entry {seq}: {error}"))
            })?;
            export.entry_signature(seq, &note).map_err(failed)?;
        }
        self.case(&mut export, case, &entries)?;
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
        for stored in case.ledger().checkpoints()? {
            let Ok(signed) = SignedCheckpoint::from_bytes(&stored.note) else { continue };
            let is_last = stored.size == self.last.checkpoint().size();
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

    fn case<O: ExportOutput>(
        &self,
        export: &mut ExportWriter<O>,
        case: &CaseFile,
        entries: &[StoredEntry],
    ) -> Result<(), CaseworkError> {
        let document = case_document::collect(case, &self.origin, self.authority.as_deref())?;
        export.payload("data/case.jsonld", |out| document.write(out, entries)).map_err(failed)?;
        if !self.files {
            return Ok(());
        }
        for image in case.images()? {
            let path = format!("data/files/{image:03}.dfxml");
            let list = |out: &mut dyn std::io::Write| file_list::write(out, case, image, &self.author.tool);
            export.payload(&path, list).map_err(failed)?;
        }
        Ok(())
    }
}

/// Queries and reads are many; what was done with exhibits and what was found are few.
fn deserves_proof(entry: &StoredEntry) -> bool {
    let act = EntryView::read(entry).and_then(|view| view.act());
    !matches!(act, None | Some(Act::Query | Act::Cat | Act::KeyAdd | Act::KeyRevoke))
}
