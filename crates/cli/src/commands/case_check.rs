//! `athar case check`: whether a case, or a copy of one, is what it should be. Changes nothing.

use std::path::Path;

use case_model::to_hex;
use casework::{CheckedFile, Health, Session};
use serde_json::json;

use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::{counted, grouped};

pub(super) fn run(session: &mut Session, what: &str, output: &mut Output) -> Result<Exit, Failure> {
    let CheckedFile { path, health, sha256 } = session.check_case(what)?;
    match output.is_json() {
        true => output.object(&json_of(&path, &health, sha256.as_ref()))?,
        false => print(&path, &health, sha256.as_ref(), output)?,
    }
    Ok(match (health.faults.is_empty(), health.is_whole()) {
        (false, _) => Exit::Failed,
        (true, false) => Exit::Incomplete,
        (true, true) => Exit::Complete,
    })
}

fn print(
    path: &Path,
    health: &Health,
    digest: Option<&[u8; 32]>,
    output: &mut Output,
) -> Result<(), Failure> {
    for fault in &health.faults {
        output.line(&format!("NOT SOUND: {}", safe(fault)))?;
    }
    if health.faults.is_empty() {
        output.line(&format!("sound in itself: {}", path.display()))?;
    }
    if let Some(digest) = digest {
        output.line(&format!("  SHA-256       {}", to_hex(digest)))?;
    }
    if let Some(verdict) = &health.verdict {
        let chain = &verdict.reading.record.chain;
        let entries = counted(chain.entries, "entry", "entries");
        output.line(&format!("  ledger        {entries}, signed up to {}", verdict.covered))?;
        if verdict.findings.is_empty() {
            output.line(
                "                consistent, proved by nobody outside: `athar custody verify` with --key or --against proves it",
            )?;
        }
        for compared in &verdict.index {
            output.line(&format!("  index         {}", safe(compared)))?;
        }
    }
    let rows: Vec<String> = health
        .rows
        .iter()
        .filter(|row| row.1 > 0)
        .map(|(name, rows)| format!("{name} {}", grouped(*rows)))
        .collect();
    output.line(&format!("  rows          {}", rows.join(", ")))?;
    for remark in &health.remarks {
        output.remark(&format!("  note: {}", safe(remark)))?;
    }
    Ok(())
}

fn json_of(path: &Path, health: &Health, digest: Option<&[u8; 32]>) -> serde_json::Value {
    let rows: serde_json::Map<_, _> =
        health.rows.iter().map(|(name, rows)| (name.clone(), json!(rows))).collect();
    let verdict = health.verdict.as_ref();
    json!({
        "path": path.to_string_lossy(),
        "sound": health.faults.is_empty(),
        "verdict": verdict.map(|verdict| verdict.standing().key()),
        "faults": health.faults,
        "remarks": health.remarks,
        "sha256": digest.map(|digest| to_hex(digest)),
        "layout": health.layout.0,
        "layout_of_program": health.layout.1,
        "entries": verdict.map(|verdict| verdict.reading.record.chain.entries),
        "signed_up_to": verdict.map(|verdict| verdict.covered),
        "head": verdict.map(|verdict| to_hex(&verdict.reading.head().hash)),
        "index": verdict.map(|verdict| verdict.index.clone()),
        "rows": rows,
    })
}
