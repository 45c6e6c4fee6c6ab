//! Which of two sets is the older one.

use case_model::to_hex;
use case_store::RecordedSet;
use hash_set::{Library, SetInfo};

/// What a set that the case has hits of is to the set that is matched.
pub(crate) enum VersionOrder {
    Older,
    Unclear,
    Other,
}

/// Returns what a set of the case is to the new one: a set that it supersedes by name, or by the time of import, is older.
pub(crate) fn version_order(
    recorded: &RecordedSet,
    new: &SetInfo,
    all: &[RecordedSet],
    library: &Library,
    supersedes: &[String],
) -> VersionOrder {
    if recorded.digest == new.digest {
        return VersionOrder::Other;
    }
    let hex = to_hex(&recorded.digest);
    let named = |wanted: &String| {
        *wanted == recorded.name
            || wanted.len() >= 4 && hex.starts_with(&wanted.to_ascii_lowercase())
    };
    if supersedes.iter().any(named) {
        return VersionOrder::Older;
    }
    if recorded.name != new.name {
        return VersionOrder::Other;
    }
    match library.sets().iter().find(|set| set.digest == recorded.digest) {
        Some(other) if other.imported_at_ns < new.imported_at_ns => VersionOrder::Older,
        Some(_) => VersionOrder::Other,
        None => order_of_unknown(recorded, new, all),
    }
}

/// Orders a set that is gone from the lab: the case met it before the new one, or after it; or it has not met the new one yet.
fn order_of_unknown(recorded: &RecordedSet, new: &SetInfo, all: &[RecordedSet]) -> VersionOrder {
    match all.iter().find(|one| one.digest == new.digest) {
        Some(met) if recorded.id < met.id => VersionOrder::Older,
        Some(_) => VersionOrder::Other,
        None => VersionOrder::Unclear,
    }
}
