//! `athar custody export`.

mod case_document;
mod file_list;

use std::io;
use std::path::Path;

use case_model::to_hex;
use case_store::CaseFile;
use custody::{
    Act, BagInfo, CHECKPOINT_NAMESPACE, ExportError, ExportOutput, ExportWriter, Folder, Json,
    SignedCheckpoint, SignedNote, SigningKey, StoredEntry, UtcTime, ZipOutput, parse_canonical, ssh_sign,
};
use serde_json::json;

use super::opened::Opened;
use crate::arguments::{ExportCustody, Global};
use crate::checkpoints::Signer;
use crate::exit::{Exit, Failure};
use crate::open_lab::{scribe, tool};
use crate::output::Output;

/// Proofs of single entries in an export; `athar custody prove` gives any other.
const MAX_PROOFS: usize = 200;

pub(super) fn run(global: &Global, arguments: &ExportCustody, output: &mut Output) -> Result<Exit, Failure> {
    let out = &arguments.out;
    if out.exists() {
        return Err(Failure::Usage(format!(
            "{} exists; an export is written into a new folder or file",
            out.display()
        )));
    }
    let mut opened = Opened::for_work(global, Some(&arguments.case))?;
    // The export holds the entry that tells of it, and a checkpoint over that.
    let standing = opened.ledger().standing(&[])?;
    let scribe = scribe(global, &opened.lab);
    let entry = scribe
        .entry(Act::ExportLog)
        .field("to", out.display().to_string())
        .field("size", standing.head().seq)
        .field("root", to_hex(&standing.record.chain.root));
    let entry = opened.named(entry);
    opened.transaction(|ledger, _| ledger.append(&entry))?;
    let lab = opened.lab.clone();
    let mut signer = Signer::new(global, &lab)?;
    signer.sign(&opened.name)?;
    let content = Content {
        origin: standing.origin,
        key: signer.key()?,
        last: opened.last_checkpoint()?,
        authority: arguments.authority.clone(),
        files: !arguments.no_files,
        organization: lab.settings().name.clone(),
        now_ns: scribe.now(),
    };
    let written = match out.extension().is_some_and(|end| end == "zip") {
        true => to_zip(out, &mut opened, &content),
        false => content.write(Folder::new(out), &mut opened).map(drop),
    };
    let kept = |()| {
        crate::durable::make_durable(out)
            .map_err(|error| Failure::Check(format!("{}: {error}", out.display())))
    };
    if let Err(failure) = written.and_then(kept) {
        // It did not exist before: what is there is ours and is half of an export.
        let _ = if out.is_dir() { std::fs::remove_dir_all(out) } else { std::fs::remove_file(out) };
        return Err(failure);
    }
    let size = content.last.checkpoint().size();
    if output.is_json() {
        output
            .object(&json!({ "case": arguments.case, "entries": size, "export": out.to_string_lossy() }))?;
    }
    output.remark(&format!(
        "{size} entries exported to {}. Anybody checks it with verify.py in it, or with `athar custody verify {}`.",
        out.display(),
        out.display()
    ))?;
    Ok(Exit::Complete)
}

fn to_zip(out: &Path, opened: &mut Opened, content: &Content) -> Result<(), Failure> {
    let failure = |error: io::Error| Failure::Check(format!("{}: {error}", out.display()));
    let zip = content.write(ZipOutput::create(out).map_err(failure)?, opened)?;
    zip.finish().map_err(failure)
}

/// What goes into an export beside the ledger itself.
struct Content {
    origin: String,
    key: SigningKey,
    last: SignedCheckpoint,
    authority: Option<String>,
    files: bool,
    organization: String,
    now_ns: i64,
}

impl Content {
    fn write<O: ExportOutput>(&self, output: O, opened: &mut Opened) -> Result<O, Failure> {
        let failure = |error: ExportError| Failure::Check(format!("export: {error}"));
        let mut export = ExportWriter::new(output, &self.origin);
        let entries = opened.ledger().entries()?;
        export.log(entries.iter().cloned().map(Ok), []).map_err(failure)?;
        self.checkpoints(&mut export, opened)?;
        for entry in entries.iter().filter(|entry| deserves_proof(entry)).take(MAX_PROOFS) {
            export.proof(entry, &self.last).map_err(failure)?;
        }
        for (seq, note) in opened.ledger().signatures()? {
            let note = SignedNote::from_bytes(&note)
                .map_err(|error| Failure::Check(format!("personal signature of entry {seq}: {error}")))?;
            export.entry_signature(seq, &note).map_err(failure)?;
        }
        if let Some(case) = opened.case() {
            self.case(&mut export, case, &entries)?;
        }
        let info = BagInfo {
            organization: self.organization.clone(),
            time: UtcTime::from_unix_ns(self.now_ns),
            software: format!("{} {}", tool().name, tool().version),
        };
        export.finish(&info, Some(&self.key)).map_err(failure)
    }

    /// The last checkpoint, and every one that somebody outside has signed or stamped.
    fn checkpoints<O: ExportOutput>(
        &self,
        export: &mut ExportWriter<O>,
        opened: &mut Opened,
    ) -> Result<(), Failure> {
        let failure = |error: ExportError| Failure::Check(format!("export: {error}"));
        for stored in opened.ledger().checkpoints()? {
            let Ok(signed) = SignedCheckpoint::from_bytes(&stored.note) else { continue };
            let is_last = stored.size == self.last.checkpoint().size();
            let outside = signed.note().signatures().len() > 1 || stored.timestamp_token.is_some();
            if !is_last && !outside {
                continue;
            }
            let ssh = ssh_sign(&self.key, CHECKPOINT_NAMESPACE, signed.to_string().as_bytes());
            // The key of today signs the last one; it may not yet have counted at an earlier one.
            let ssh = if is_last { vec![ssh] } else { Vec::new() };
            export.checkpoint(&signed, &ssh).map_err(failure)?;
            if let Some(token) = &stored.timestamp_token {
                export.timestamp(&signed, token).map_err(failure)?;
            }
        }
        Ok(())
    }

    fn case<O: ExportOutput>(
        &self,
        export: &mut ExportWriter<O>,
        case: &CaseFile,
        entries: &[StoredEntry],
    ) -> Result<(), Failure> {
        let failure = |error: ExportError| Failure::Check(format!("export: {error}"));
        let document = case_document::collect(case, &self.origin, self.authority.as_deref())?;
        export.payload("data/case.jsonld", |out| document.write(out, entries)).map_err(failure)?;
        if !self.files {
            return Ok(());
        }
        for image in case.images()? {
            let path = format!("data/files/{image:03}.dfxml");
            export.payload(&path, |out| file_list::write(out, case, image)).map_err(failure)?;
        }
        Ok(())
    }
}

/// Queries and reads are many; what was done with exhibits and what was found are few.
fn deserves_proof(entry: &StoredEntry) -> bool {
    let body = parse_canonical(&entry.body).ok();
    let act = body.as_ref().and_then(|body| body.get("act")).and_then(Json::as_text);
    let act = act.and_then(|act| act.parse().ok());
    !matches!(act, None | Some(Act::Query | Act::Cat | Act::KeyAdd | Act::KeyRevoke))
}
