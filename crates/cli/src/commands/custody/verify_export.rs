//! `athar custody verify EXPORT`.

use std::path::Path;

use case_model::to_hex;
use casework::Outside;
use custody::{ExportReport, Folder, Standing, Trust, ZipInput, grouped_hex};
use serde_json::json;

use super::verdict::{exit_of, guarantees_json, print_guarantees};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::counted;

/// Findings that are printed; JSON has them all.
const SHOWN_FINDINGS: usize = 50;

pub(super) fn run(path: &Path, outside: &Outside, output: &mut Output) -> Result<Exit, Failure> {
    let trust = Trust { keys: &outside.keys, against: &outside.against, origin: None };
    let report = match path.is_dir() {
        true => custody::verify_export(&Folder::new(path), trust),
        false => {
            let zip = ZipInput::open(path);
            custody::verify_export(
                &zip.map_err(|error| Failure::Check(format!("{}: {error}", path.display())))?,
                trust,
            )
        }
    };
    match output.is_json() {
        true => output.object(&json_of(&report))?,
        false => print(&report, output)?,
    }
    Ok(exit_of(report.standing()))
}

fn print(report: &ExportReport, output: &mut Output) -> Result<(), Failure> {
    for finding in report.findings.iter().take(SHOWN_FINDINGS) {
        output.line(&format!("NOT VALID: {}", safe(&finding.to_string())))?;
    }
    let more = report.findings.len().saturating_sub(SHOWN_FINDINGS);
    if more > 0 {
        output.line(&format!("NOT VALID: and {more} more; --json lists them"))?;
    }
    let chain = &report.chain;
    let standing = report.standing();
    if standing != Standing::NotValid {
        output.line(&format!(
            "{}: {} of {}, {}; signed up to entry {}",
            standing.words(),
            counted(chain.entries, "entry", "entries"),
            safe(&report.origin),
            counted(report.files, "file", "files"),
            report.covered
        ))?;
    }
    print_guarantees(standing, &report.guarantees, output)?;
    output.line(&format!("  tree root     {}", grouped_hex(&chain.root)))?;
    output.line(&format!(
        "  signed        {}, {} kept elsewhere, {}, {}; as a whole: {}",
        counted(report.checkpoints, "checkpoint", "checkpoints"),
        report.against,
        counted(report.proofs, "proof", "proofs"),
        counted(report.entry_signatures.len(), "personal signature", "personal signatures"),
        if report.sealed { "yes" } else { "no" }
    ))?;
    if let Some(seq) = report.content_named_by {
        output.line(&format!(
            "  content       {}, whose digests entry {seq} names",
            counted(report.content_files, "file", "files")
        ))?;
    }
    for (size, time) in &report.timestamps {
        let entries = counted(*size, "entry", "entries");
        output.line(&format!("  time stamp    {time} for the checkpoint of {entries}"))?;
    }
    for key in &report.keys {
        let state = key.void_from.map_or(String::new(), |seq| format!(", VOID from entry {seq}"));
        output.line(&format!("  key           {} {}{state}", key.role, safe(key.key.name())))?;
        output.line(&format!("                {}", key.key.fingerprint()))?;
    }
    for remark in &report.remarks {
        output.remark(&format!("  note: {}", safe(&remark.to_string())))?;
    }
    Ok(())
}

fn json_of(report: &ExportReport) -> serde_json::Value {
    let texts = |list: Vec<String>| serde_json::Value::from(list);
    json!({
        "verdict": report.standing().key(),
        "proved_up_to": report.guarantees.proved(),
        "outside": guarantees_json(&report.guarantees),
        "origin": report.origin,
        "entries": report.chain.entries,
        "root": to_hex(&report.chain.root),
        "signed_up_to": report.covered,
        "signed_up_to_by_given_keys": report.guarantees.signed_by_given_keys(),
        "checkpoints": report.checkpoints,
        "against": report.against,
        "proofs": report.proofs,
        "personal_signatures": report.entry_signatures.len(),
        "time_stamps": report.timestamps.len(),
        "sealed": report.sealed,
        "sealed_by_given_key": report.sealed_by_given,
        "content_files": report.content_files,
        "content_named_by": report.content_named_by,
        "files": report.files,
        "findings": texts(report.findings.iter().map(ToString::to_string).collect()),
        "remarks": texts(report.remarks.iter().map(ToString::to_string).collect()),
    })
}
