//! `athar case check`: whether a case, or a copy of one, is what it should be. Changes nothing.

use std::path::Path;

use case_model::{CaseId, to_hex};
use case_store::{CaseFile, Lab, StoreError, file_digest};
use custody::{Act, Json, parse_canonical};
use serde_json::json;

use super::custody::judge::{Verdict, judge};
use super::custody::opened::{Opened, Scope};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::grouped;

/// What was found.
pub(super) struct Health {
    /// Everything that is wrong.
    pub(super) faults: Vec<String>,
    /// Worth knowing.
    pub(super) remarks: Vec<String>,
    /// What the ledger says; `None` when it could not be read.
    pub(super) verdict: Option<Verdict>,
    /// The file's layout, and this program's.
    layout: (i64, i64),
    rows: Vec<(String, u64)>,
}

impl Health {
    pub(super) fn is_whole(&self) -> bool {
        self.layout.0 == self.layout.1
    }
}

/// What the lab's ledger says of a copy.
pub(super) enum OnRecord {
    /// It is the file that this entry names, byte for byte.
    Same(u64),
    /// This entry names a copy with the same ledger, and this file is another one.
    Changed(u64),
    /// No entry names it.
    Unknown,
}

pub(super) fn run(lab: &Lab, what: &str, output: &mut Output) -> Result<Exit, Failure> {
    let id = CaseId::new(what).ok().filter(|id| lab.case_path(id).exists());
    let path = id.as_ref().map_or_else(|| what.into(), |id| lab.case_path(id));
    let (health, digest) = match &id {
        Some(id) => (examine(lab, lab.look_at_case(id), true), None),
        None if path.exists() => {
            let (health, digest) = examine_file(lab, &path)?;
            (health, Some(digest))
        }
        None => {
            return Err(StoreError::NotFound(lab.folder().join("cases").join(format!("{what}.db"))).into());
        }
    };
    match output.is_json() {
        true => output.object(&json_of(&path, &health, digest.as_ref()))?,
        false => print(&path, &health, digest.as_ref(), output)?,
    }
    Ok(match (health.faults.is_empty(), health.is_whole()) {
        (false, _) => Exit::Failed,
        (true, false) => Exit::Incomplete,
        (true, true) => Exit::Complete,
    })
}

/// Examines the file of a copy, and compares it with what the lab recorded of it.
pub(super) fn examine_file(lab: &Lab, path: &Path) -> Result<(Health, [u8; 32]), Failure> {
    let (digest, _) = file_digest(path)?;
    let mut health = examine(lab, CaseFile::open_copy(path), false);
    match on_record(lab, &digest, &health)? {
        OnRecord::Same(seq) => {
            health.remarks.push(format!("byte for byte the copy that entry {seq} of the lab's ledger names"));
        }
        OnRecord::Changed(seq) => health.faults.push(format!(
            "entry {seq} of the lab's ledger names this copy with another SHA-256: the file was changed or damaged since"
        )),
        OnRecord::Unknown => health.remarks.push("no entry of the lab's ledger names this file".to_owned()),
    }
    Ok((health, digest))
}

/// Examines a case file that was opened to look at. What keeps it from being read is a fault of it.
pub(super) fn examine(lab: &Lab, case: Result<CaseFile, StoreError>, last_known: bool) -> Health {
    let mut health =
        Health { faults: Vec::new(), remarks: Vec::new(), verdict: None, layout: (0, 0), rows: Vec::new() };
    let read = case.map_err(Failure::from).and_then(|case| read(lab, case, last_known, &mut health));
    if let Err(failure) = read {
        health.faults.push(format!("it cannot be read: {failure}"));
    }
    health
}

fn read(lab: &Lab, case: CaseFile, last_known: bool, health: &mut Health) -> Result<(), Failure> {
    health.layout = case.layout()?;
    let whole = health.is_whole();
    if !whole {
        health.remarks.push(format!(
            "it has the older layout {} (this program writes {}): its index is not compared",
            health.layout.0, health.layout.1
        ));
    }
    let mut opened = Opened::of(lab, case, Scope { last_known, index: whole });
    // The ledger first: what the lab knows of it is read before it, and may only be older.
    let verdict = judge(&mut opened, &[], &[]);
    if let Some(case) = opened.case() {
        health.faults.extend(case.database_faults()?);
        health.rows = case.row_counts()?;
    }
    let verdict = verdict?;
    health.faults.extend(verdict.findings.iter().cloned());
    health.remarks.extend(verdict.remarks.iter().cloned());
    health.verdict = Some(verdict);
    Ok(())
}

/// Looks for a copy in the lab's ledger: by its digest, else by the last entry of its ledger.
fn on_record(lab: &Lab, digest: &[u8; 32], health: &Health) -> Result<OnRecord, Failure> {
    let (digest, head) = (to_hex(digest), health.verdict.as_ref().map(|v| to_hex(&v.standing.head().hash)));
    let mut found = OnRecord::Unknown;
    lab.ledger_as_it_is()?.ledger().each(&mut |entry| {
        let Ok(body) = parse_canonical(&entry.body) else { return true };
        if body.get("act").and_then(Json::as_text) != Some(Act::Backup.key()) {
            return true;
        }
        let field =
            |name: &str| body.get("fields").and_then(|fields| fields.get(name)).and_then(Json::as_text);
        if field("sha256") == Some(digest.as_str()) {
            found = OnRecord::Same(entry.seq);
            return false;
        }
        if head.as_deref().is_some_and(|head| field("head") == Some(head)) {
            found = OnRecord::Changed(entry.seq);
        }
        true
    })?;
    Ok(found)
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
        output.line(&format!("sound: {}", path.display()))?;
    }
    if let Some(digest) = digest {
        output.line(&format!("  SHA-256       {}", to_hex(digest)))?;
    }
    if let Some(verdict) = &health.verdict {
        let chain = &verdict.standing.record.chain;
        output
            .line(&format!("  ledger        {} entries, signed up to {}", chain.entries, verdict.covered))?;
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
        "faults": health.faults,
        "remarks": health.remarks,
        "sha256": digest.map(|digest| to_hex(digest)),
        "layout": health.layout.0,
        "layout_of_program": health.layout.1,
        "entries": verdict.map(|verdict| verdict.standing.record.chain.entries),
        "signed_up_to": verdict.map(|verdict| verdict.covered),
        "head": verdict.map(|verdict| to_hex(&verdict.standing.head().hash)),
        "index": verdict.map(|verdict| verdict.index.clone()),
        "rows": rows,
    })
}
