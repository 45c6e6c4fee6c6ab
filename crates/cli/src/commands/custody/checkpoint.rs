//! `athar custody checkpoint`.

use case_model::{RecordName, to_hex};
use casework::write_new;
use custody::{CheckpointSlip, EntryView, KeyKind, SignedCheckpoint, StoredEntry, grouped_hex};
use serde_json::json;

use crate::arguments::PrintCheckpoint;
use crate::desk::{Desk, record_name};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(
    desk: &mut Desk<'_>,
    arguments: &PrintCheckpoint,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let session = desk.open()?;
    let name = record_name(arguments.case.as_deref())?;
    // Whatever could not be signed before is signed now.
    let signed = session.signed_checkpoint(&name)?;
    if let Some(path) = &arguments.out {
        write_new(path, signed.to_string().as_bytes())?;
    }
    let record = session.record(&name)?;
    let last = record.ledger.entry(signed.checkpoint().size())?;
    let keys = record.verified.keys().keys().iter();
    let fingerprints: Vec<(String, String)> = keys
        .filter(|key| signed.note().signatures().iter().any(|line| line.key_id == key.key.id()))
        .map(|key| (key.key.to_string(), key.key.fingerprint()))
        .collect();
    if output.is_json() {
        output.object(&json_of(&name, &signed, &fingerprints))?;
    } else {
        print(&signed, last.as_ref(), &fingerprints, arguments.qr, output)?;
    }
    if let Some(path) = &arguments.out {
        output.remark(&format!(
            "Written to {}: keep it outside the lab; `athar custody verify --against` compares it.",
            path.display()
        ))?;
    }
    Ok(Exit::Complete)
}

fn print(
    signed: &SignedCheckpoint,
    last: Option<&StoredEntry>,
    fingerprints: &[(String, String)],
    qr: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let checkpoint = signed.checkpoint();
    output.line("Checkpoint of the chain of custody")?;
    output.line(&format!("  record        {}", safe(checkpoint.origin())))?;
    output.line(&format!("  entries       {}", checkpoint.size()))?;
    if let Some(entry) = last.and_then(EntryView::read) {
        output.line(&format!("  last entry    {}", safe(entry.start().unwrap_or("?"))))?;
    }
    let root = grouped_hex(checkpoint.root());
    let (first, second) = root.split_at_checked(root.len() / 2 + 1).unwrap_or((&root, ""));
    output.line(&format!("  root          {}", first.trim_end()))?;
    output.line(&format!("                {second}"))?;
    for (key, fingerprint) in fingerprints {
        let kind =
            if key.parse::<custody::VerifierKey>().is_ok_and(|key| key.kind() == KeyKind::Cosigner)
            {
                "witness"
            } else {
                "signed by"
            };
        output.line(&format!("  {kind:<12}  {}", safe(key)))?;
        output.line(&format!("  fingerprint   {fingerprint}"))?;
    }
    if qr {
        let slip = CheckpointSlip::new(signed).map_err(|error| {
            Failure::Check(format!(
                "{error}: the note has too many signatures for the paper; hand over the file (--out)"
            ))
        })?;
        output.text(&format!("\n{}", slip.qr.to_half_blocks(true)))?;
        output.line(
            "The QR symbol holds the signed note: saved as a file, it is what `--against` takes.",
        )?;
    }
    Ok(())
}

fn json_of(
    name: &RecordName,
    signed: &SignedCheckpoint,
    fingerprints: &[(String, String)],
) -> serde_json::Value {
    let checkpoint = signed.checkpoint();
    let keys: Vec<_> = fingerprints
        .iter()
        .map(|(key, fingerprint)| json!({ "key": key, "fingerprint": fingerprint }))
        .collect();
    json!({
        "record": name.to_string(), "origin": checkpoint.origin(), "entries": checkpoint.size(), "root": to_hex(checkpoint.root()),
        "keys": keys, "note": signed.to_string(),
    })
}
