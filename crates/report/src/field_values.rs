//! Values of exported fields that are lists and objects, or that are judged.

use case_model::{Digests, Disposition, UnreadableRange, to_hex};
use case_store::{ContentCheck, FoundFinding, FoundHit, FoundRow, decode_extents};
use serde_json::{Value, json};
use words::{Language, stored_text};

/// Returns true when the match of a file that sets list says little, because countless files have this content? Judged by size and digests, and by what
/// reading the content again showed.
#[must_use]
pub fn is_low_information(row: &FoundRow) -> bool {
    fn fixed<const N: usize>(digest: &Option<Vec<u8>>) -> Option<[u8; N]> {
        digest.as_deref().and_then(|digest| digest.try_into().ok())
    }
    let digests = Digests {
        md5: fixed(&row.md5),
        sha1: fixed(&row.sha1),
        sha256: fixed(&row.sha256),
        blake3: fixed(&row.blake3),
    };
    let repeated = row.content_check.is_some_and(|check| check.repeated_byte.is_some());
    !row.hits.is_empty() && (repeated || hash_set::is_low_information(&digests, row.size))
}

/// Returns the words of a stored statement in English: the language of exports, which other programs read.
pub(crate) fn english(stored: &str) -> String {
    stored_text(stored, Language::English)
}

/// Returns the findings as a list of objects; null when there is none.
pub(crate) fn findings(findings: &[FoundFinding]) -> Value {
    let finding = |finding: &FoundFinding| {
        json!({
            "analyser": finding.analyser, "version": finding.version, "key": finding.key, "value": finding.value,
        })
    };
    if findings.is_empty() { Value::Null } else { findings.iter().map(finding).collect() }
}

/// Returns the hits as a list of objects; null when there is none.
pub(crate) fn hits(hits: &[FoundHit]) -> Value {
    let hit = |hit: &FoundHit| {
        json!({
            "severity": hit.severity.key(), "set": hit.set, "version": hit.version, "algorithm": hit.algorithm.key(),
            "class": hit.class.key(), "label": hit.label, "digest": to_hex(&hit.digest), "withdrawn_by": hit.withdrawn_by,
        })
    };
    if hits.is_empty() { Value::Null } else { hits.iter().map(hit).collect() }
}

/// Returns the further facts as the object that they are stored as, and in words what is said of them.
pub(crate) fn details(row: &FoundRow) -> Value {
    let stored = row.details.as_ref().and_then(|text| serde_json::from_str(text).ok());
    let mut details: Value = stored.unwrap_or(Value::Null);
    // Other facts are texts of the evidence: none of them is taken for a statement.
    if let Some(Value::String(claimed)) = details.get_mut("claimed_twice") {
        *claimed = english(claimed);
    }
    details
}

/// Returns what reading the content again showed.
pub(crate) fn content_check(check: ContentCheck) -> Value {
    json!({ "agrees_with_index": check.agrees, "sha1_collision_attack": check.sha1_collision, "repeated_byte": check.repeated_byte })
}

/// Returns what the digests of a stream stand for that was not read whole.
pub(crate) fn digests_of(row: &FoundRow) -> Value {
    let has_digests =
        [&row.md5, &row.sha1, &row.sha256, &row.blake3].iter().any(|digest| digest.is_some());
    match row.disposition == Disposition::Partial && has_digests {
        true => json!("what could be read, with zeros in the place of the rest"),
        false => Value::Null,
    }
}

/// Returns the ranges of the stream that could not be read; the digests have zeros in their places.
pub(crate) fn unreadable(ranges: &[UnreadableRange]) -> Value {
    let range = |range: &UnreadableRange| json!({ "start": range.offset, "length": range.length, "why": english(&range.why) });
    if ranges.is_empty() { Value::Null } else { ranges.iter().map(range).collect() }
}

/// Returns the runs as `[offset on the medium or null for a hole, length]`.
pub(crate) fn extents(packed: Option<&[u8]>) -> Value {
    let Some(runs) = packed.and_then(decode_extents) else { return Value::Null };
    Value::Array(runs.into_iter().map(|run| json!([run.at, run.length])).collect())
}
