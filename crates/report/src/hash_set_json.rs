//! Hash sets and Bloom filters of the lab, as JSON.

use case_model::{Algorithm, to_hex};
use hash_set::{RankingInfo, Rejection, SetEntry, SetInfo};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Returns a set as a JSON object.
#[must_use]
pub fn set_json(set: &SetInfo) -> Value {
    let companions = set.companions.iter().map(
        |file| json!({ "name": file.name, "bytes": file.bytes, "sha256": to_hex(&file.sha256) }),
    );
    json!({
        "digest": to_hex(&set.digest), "name": set.name, "version": set.version, "publisher": set.publisher,
        "released": set.released, "licence": set.licence, "handling": set.handling, "disposition": set.disposition.key(),
        "category_scheme": set.category_scheme, "format": set.format.key(), "entries": set.entries(), "digests": digest_counts(set),
        "duplicates": set.tally.duplicates, "rejected": set.tally.rejected, "empty_files_dropped": set.tally.empty_files,
        "source": set.source.name, "source_bytes": set.source.bytes, "source_sha256": to_hex(&set.source.sha256),
        "companions": companions.collect::<Vec<_>>(), "imported_by": set.imported_by,
        "imported_at": rfc3339(set.imported_at_ns),
    })
}

/// Returns how many digests of each algorithm a set has; those without any are left out.
fn digest_counts(set: &SetInfo) -> serde_json::Map<String, Value> {
    let counts = Algorithm::ALL.into_iter().map(|algorithm| (algorithm, set.count(algorithm)));
    counts
        .filter(|(_, count)| *count > 0)
        .map(|(algorithm, count)| (algorithm.key().to_owned(), json!(count)))
        .collect()
}

/// Returns an entry of a set as a JSON object.
#[must_use]
pub fn set_entry_json(entry: &SetEntry) -> Value {
    let mut object = json!({ "size": entry.size, "disposition": entry.disposition.key(), "category": entry.category,
                             "names": entry.names, "comment": entry.comment });
    for algorithm in Algorithm::ALL {
        if let Some(digest) = entry.digests.get(algorithm) {
            object[algorithm.key()] = json!(to_hex(digest));
        }
    }
    object
}

/// Returns a rejected record as a JSON object, its place in parts.
#[must_use]
pub fn rejection_json(rejection: &Rejection) -> Value {
    json!({
        "position": serde_json::to_value(&rejection.position).unwrap_or(Value::Null),
        "text": rejection.to_string(),
    })
}

/// Returns a Bloom filter as a JSON object.
#[must_use]
pub fn ranking_json(info: &RankingInfo) -> Value {
    json!({
        "kind": "ranking", "digest": to_hex(&info.digest), "name": info.name, "version": info.version, "publisher": info.publisher,
        "licence": info.licence, "handling": info.handling, "key": info.key.to_string(), "entered": info.entered,
        "false_positives": info.false_positives, "false_positives_planned": info.false_positives_planned,
        "source": info.source.name, "source_bytes": info.source.bytes, "source_sha256": to_hex(&info.source.sha256),
        "imported_by": info.imported_by, "imported_at": rfc3339(info.imported_at_ns),
    })
}

/// Nanoseconds since 1970 as RFC 3339 in UTC, as precise as the value.
fn rfc3339(ns: i64) -> String {
    Timestamp::from_nanosecond(i128::from(ns))
        .map_or_else(|_| format!("{ns} ns"), |time| time.to_string())
}
