//! Actions that were begun and have no end in the ledger.

use std::fs::File;

use case_store::{CaseFile, Lab};
use custody::{Act, Json, StoredEntry, parse_canonical};
use pipeline::{ScanError, Scribe};

use crate::exit::Failure;

/// An action without an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenAction {
    /// The entry that began it.
    pub(crate) seq: u64,
    /// What was begun.
    pub(crate) act: Act,
}

/// Scans that were begun and neither finished nor recorded as interrupted. An interruption names the entry that it closes
/// (`closes_seq`); one that does not closes the oldest open scan. A finished scan closes the youngest.
pub(crate) fn open_actions(entries: &[StoredEntry]) -> Vec<OpenAction> {
    let mut open: Vec<OpenAction> = Vec::new();
    for entry in entries {
        let Ok(body) = parse_canonical(&entry.body) else { continue };
        let act = body.get("act").and_then(Json::as_text).and_then(|act| act.parse().ok());
        let closes = body.get("fields").and_then(|fields| fields.get("closes_seq")).and_then(Json::as_u64);
        match (act, closes) {
            (Some(act @ Act::ScanStart), _) => open.push(OpenAction { seq: entry.seq, act }),
            (Some(Act::ScanFinish), _) => drop(open.pop()),
            (Some(Act::ScanInterrupted), Some(closes)) => open.retain(|action| action.seq != closes),
            // Written by the scan that found it: its own start is the youngest and stays open.
            (Some(Act::ScanInterrupted), None) if open.len() > 1 => drop(open.remove(0)),
            _ => {}
        }
    }
    open
}

/// Says in the ledger that earlier scans of the case were broken off. The lock that it gives is held while this scan runs.
///
/// # Errors
/// When another program is scanning the case: nothing was done.
pub(crate) fn begin(lab: &Lab, case: &mut CaseFile, scribe: &Scribe) -> Result<File, Failure> {
    let Some(lock) = lab.lock_for_scan(case.id())? else {
        return Err(Failure::Check(format!(
            "case {}: another program is scanning into it right now, and a case takes one scan at a time; nothing was done. Wait for its end, name \
             all images in one scan, or scan into another case (--case NAME)",
            case.id()
        )));
    };
    for open in open_actions(&case.ledger().entries()?) {
        let entry = scribe
            .entry(Act::ScanInterrupted)
            .case(case.id().as_str())
            .field("closes_seq", open.seq)
            .field("image", format!("what entry {} lists", open.seq))
            .field("cause", "the program was stopped before the scan ended; found when the next one began");
        case.append(&entry)?;
    }
    Ok(lock)
}

/// Says in the ledger that this scan could not go on. The error is handed on, whatever becomes of the entry: an open action stays visible.
pub(crate) fn broken_off(case: &mut CaseFile, scribe: &Scribe, error: ScanError) -> Failure {
    let open = case.ledger().entries().map(|entries| open_actions(&entries)).unwrap_or_default();
    if let Some(open) = open.last() {
        let cause: String = error.to_string().chars().take(1_000).collect();
        let entry = scribe
            .entry(Act::ScanInterrupted)
            .case(case.id().as_str())
            .field("closes_seq", open.seq)
            .field("image", format!("what entry {} lists", open.seq))
            .field("cause", cause);
        let _ = case.append(&entry);
    }
    error.into()
}
