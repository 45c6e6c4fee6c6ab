//! Actions that were begun and have no end in the ledger.

use custody::{Act, EntryView, StoredEntry};

/// An action without an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenAction {
    /// The entry that began it.
    pub seq: u64,
    /// What was begun.
    pub act: Act,
}

/// Returns scans that were begun and neither finished nor recorded as interrupted. An interruption names the entry that it closes
/// (`closes_seq`); one that does not closes the oldest open scan. A finished scan closes the youngest.
#[must_use]
pub fn open_actions(entries: &[StoredEntry]) -> Vec<OpenAction> {
    let mut open: Vec<OpenAction> = Vec::new();
    for entry in entries {
        let Some(view) = EntryView::read(entry) else { continue };
        match (view.act(), view.closes_seq()) {
            (Some(act @ Act::ScanStart), _) => open.push(OpenAction { seq: entry.seq, act }),
            (Some(Act::ScanFinish), _) => drop(open.pop()),
            (Some(Act::ScanInterrupted), Some(closes)) => {
                open.retain(|action| action.seq != closes)
            }
            // Written by the scan that found it: its own start is the youngest and stays open.
            (Some(Act::ScanInterrupted), None) if open.len() > 1 => drop(open.remove(0)),
            _ => {}
        }
    }
    open
}
