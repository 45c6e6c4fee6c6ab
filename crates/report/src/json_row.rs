//! One stream as a JSON object.

use case_model::{Digests, Disposition, Exactness, to_hex};
use case_store::{ContentCheck, FoundRow, decode_extents, extents_exactness};
use serde_json::{Map, Value, json};

use crate::shown_times::{raw_times, rfc3339};

/// A row of the index as a JSON object. Digests are lower-case hexadecimal, times RFC 3339 in UTC
/// (without `Z`: local time of an unknown zone), offsets and sizes bytes; `times_raw` gives each field as on disk with clock and zone; `extents` are `[offset on the medium or null for a hole, length]`.
#[must_use]
pub fn json_row(row: &FoundRow) -> Value {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            object.insert(name.to_owned(), value);
        }
    };
    put("id", json!(row.id));
    put("image", json!(row.image));
    put("volume_offset", json!(row.volume_offset));
    put("file_system", json!(row.file_system));
    put("path", json!(row.path));
    put("allocated", json!(row.state == "allocated"));
    put("orphan", if row.orphan { json!(true) } else { Value::Null });
    put("kind", json!(row.kind));
    put("stream", json!(row.stream_kind));
    put("metadata", if row.metadata { json!(true) } else { Value::Null });
    put("size", json!(row.size));
    for (name, digest) in
        [("md5", &row.md5), ("sha1", &row.sha1), ("sha256", &row.sha256), ("blake3", &row.blake3)]
    {
        put(name, digest.as_ref().map_or(Value::Null, |digest| json!(to_hex(digest))));
    }
    put("digests_of", digests_of(row));
    put("disposition", json!(row.disposition));
    put("rule", json!(row.rule));
    put("confidence", row.confidence.as_ref().map_or(Value::Null, |how| json!(format!("assumed: {how}"))));
    put("content_type", json!(row.content_type));
    put("record", json!(row.number));
    put("generation", json!(row.generation));
    put("further_name", if row.further_name { json!(true) } else { Value::Null });
    let times = row.times();
    for (name, time) in [
        ("modified", times.modified),
        ("accessed", times.accessed),
        ("changed", times.changed),
        ("created", times.created),
        ("deleted", times.deleted),
    ] {
        put(name, time.as_ref().map_or(Value::Null, rfc3339));
    }
    put("times_raw", raw_times(row.times_raw.as_deref()));
    put("name_times_raw", raw_times(row.name_times_raw.as_deref()));
    put("mode", row.mode.map_or(Value::Null, |mode| json!(format!("{mode:o}"))));
    put("uid", json!(row.uid));
    put("gid", json!(row.gid));
    put("links", json!(row.links));
    put("attributes", json!(row.attributes));
    put("target", json!(row.target));
    put("name_raw", row.name_raw.as_ref().map_or(Value::Null, |raw| json!(to_hex(raw))));
    put(
        "details",
        row.details.as_ref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null),
    );
    put("extents", extents(row.extents.as_deref()));
    let exactness = row.extents.as_deref().and_then(extents_exactness);
    put("extents_exact", json!(exactness.map(|exactness| exactness == Exactness::Exact)));
    put("extents_why", json!(exactness.and_then(Exactness::why_not)));
    put("unreadable", unreadable(&row.unreadable));
    let hits: Vec<Value> = row
        .hits
        .iter()
        .map(|hit| {
            json!({
                "severity": hit.severity, "set": hit.set, "version": hit.version, "algorithm": hit.algorithm,
                "class": hit.class, "label": hit.label, "digest": to_hex(&hit.digest), "withdrawn_by": hit.withdrawn_by,
            })
        })
        .collect();
    put("low_information", if is_low_information(row) { json!(true) } else { Value::Null });
    put("content_check", row.content_check.map_or(Value::Null, content_check));
    put("hits", if hits.is_empty() { Value::Null } else { Value::Array(hits) });
    Value::Object(object)
}

/// Does the match of a file that sets list say little, because countless files have this content? Judged by size and digests, and by what
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

fn content_check(check: ContentCheck) -> Value {
    json!({ "agrees_with_index": check.agrees, "sha1_collision_attack": check.sha1_collision, "repeated_byte": check.repeated_byte })
}

/// What the digests of a stream stand for that was not read whole.
fn digests_of(row: &FoundRow) -> Value {
    let has_digests = [&row.md5, &row.sha1, &row.sha256, &row.blake3].iter().any(|digest| digest.is_some());
    match row.disposition == Disposition::Partial.key() && has_digests {
        true => json!("what could be read, with zeros in the place of the rest"),
        false => Value::Null,
    }
}

/// Ranges of the stream that could not be read; the digests have zeros in their places.
fn unreadable(ranges: &[(u64, u64, String)]) -> Value {
    let range =
        |(start, length, why): &(u64, u64, String)| json!({ "start": start, "length": length, "why": why });
    if ranges.is_empty() { Value::Null } else { ranges.iter().map(range).collect() }
}

fn extents(packed: Option<&[u8]>) -> Value {
    let Some(runs) = packed.and_then(decode_extents) else { return Value::Null };
    Value::Array(runs.into_iter().map(|run| json!([run.at, run.length])).collect())
}
