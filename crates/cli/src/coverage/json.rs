//! Coverage as JSON.

use casework::{Coverage, ExhibitCoverage, ExhibitState, Gap, LookedUp};
use serde_json::{Value, json};

/// Returns what the answers about a case cover, as an object.
pub(crate) fn coverage_json(coverage: &Coverage) -> Value {
    json!({
        "complete": coverage.is_complete(),
        "being_scanned": coverage.being_scanned,
        "exhibits": coverage.exhibits.iter().map(exhibit_json).collect::<Vec<_>>(),
    })
}

/// Returns what of an exhibit is covered, as an object.
pub(crate) fn exhibit_json(exhibit: &ExhibitCoverage) -> Value {
    let error = match &exhibit.state {
        ExhibitState::Failed(error) => Some(error),
        _ => None,
    };
    json!({
        "item": exhibit.path,
        "image": exhibit.name,
        "complete": exhibit.is_complete(),
        "read": exhibit.state.key(),
        "error": error,
        "gaps": exhibit.gaps.iter().map(gap_json).collect::<Vec<_>>(),
        "hash_sets": looked_up_json(&exhibit.looked_up),
    })
}

/// Returns the sets that were looked up: `null` when that is not known, an empty list for none.
fn looked_up_json(looked_up: &LookedUp) -> Value {
    match looked_up {
        LookedUp::Unknown => Value::Null,
        LookedUp::None => json!([]),
        LookedUp::Sets(sets) => {
            let set = |set: &casework::LookedUpSet| json!({ "set": set.name, "version": set.version, "digest": set.digest });
            sets.iter().map(set).collect()
        }
    }
}

fn gap_json(gap: &Gap) -> Value {
    match gap {
        Gap::EncryptedVolume { start, encryption } => {
            json!({ "kind": "encrypted-volume", "start": start, "encryption": encryption })
        }
        Gap::UnreadFileSystem { start, kind, state } => {
            json!({ "kind": "unread-file-system", "start": start, "file_system": kind, "state": state })
        }
        Gap::LostStreams(lost) => json!({
            "kind": "streams", "disposition": lost.disposition.key(), "allocated": lost.in_use, "deleted": lost.deleted
        }),
        Gap::Damages(count) => json!({ "kind": "damages", "count": count }),
        Gap::UnreadableRanges { ranges, bytes } => {
            json!({ "kind": "unreadable-ranges", "count": ranges, "bytes": bytes })
        }
        Gap::WrongDigests(count) => json!({ "kind": "wrong-digests", "count": count }),
        Gap::Unreconciled(count) => json!({ "kind": "unreconciled-counts", "count": count }),
        Gap::NestedUnread { readable, closed, first } => {
            json!({ "kind": "nested-unread", "readable": readable, "closed": closed, "first": first })
        }
        Gap::ChangedMedium(how) => json!({ "kind": "changed-medium", "result": how }),
        Gap::Unexplained => json!({ "kind": "unexplained" }),
    }
}
