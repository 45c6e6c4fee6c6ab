//! An image in numbers, as JSON.

use case_model::to_hex;
use case_store::{ImageReport, VolumeReport};
use serde_json::{Value, json};
use words::Language;

use crate::field_values::english;

/// Returns an image as a JSON object: the medium, its parts, what became of its streams, hits, and what is wrong.
#[must_use]
pub fn image_json(image: &ImageReport) -> Value {
    let mut object = serde_json::Map::new();
    for part in [medium(image), container(image), streams(image), problems(image)] {
        if let Value::Object(fields) = part {
            object.extend(fields);
        }
    }
    Value::Object(object)
}

/// What the medium is, and its digests.
fn medium(image: &ImageReport) -> Value {
    let digest = |digest: &Option<Vec<u8>>| digest.as_ref().map(|digest| to_hex(digest));
    json!({
        "item": image.path,
        "image": image.name,
        "state": image.state,
        "container": image.container,
        "recognised_by": image.reason,
        "bytes": image.bytes,
        "medium_complete": image.medium_complete,
        "sha256": digest(&image.sha256),
        "blake3": digest(&image.blake3),
        "md5": digest(&image.md5),
        "sha1": digest(&image.sha1),
        "error": image.error,
        "seconds": image.scan_ns as f64 / 1e9,
    })
}

/// What the container says, who looked, and the parts of the medium.
fn container(image: &ImageReport) -> Value {
    let stored = image.stored.iter().map(|(algorithm, digest, place, agrees)| {
        json!({ "algorithm": algorithm, "digest": to_hex(digest), "place": place, "agrees": agrees })
    });
    let claims =
        image.claims.iter().map(|(field, value)| json!({ "field": field, "value": value }));
    let analysers =
        image.analysers.iter().map(|(name, version)| json!({ "name": name, "version": version }));
    json!({
        "stored_digests": stored.collect::<Vec<_>>(),
        "claims": claims.collect::<Vec<_>>(),
        "analysers": analysers.collect::<Vec<_>>(),
        "volumes": image.volumes.iter().map(volume_json).collect::<Vec<_>>(),
    })
}

/// What became of the streams, and which of them sets list.
fn streams(image: &ImageReport) -> Value {
    let streams = image.streams.iter().map(|count| {
        json!({
            "disposition": count.disposition.key(), "rule": count.rule.as_deref().map(english),
            "allocated": count.allocated, "deleted": count.deleted,
        })
    });
    let hits = image.hits.iter().map(|hit| {
        json!({ "severity": hit.severity.key(), "set": hit.set, "version": hit.version, "entries": hit.entries })
    });
    json!({
        "streams": streams.collect::<Vec<_>>(),
        "hits": hits.collect::<Vec<_>>(),
        "hashed_bytes": image.hashed_bytes,
    })
}

/// What is wrong, and what could not be read.
fn problems(image: &ImageReport) -> Value {
    let damages = image.first_damages.iter().map(|damage| damage.text(Language::English));
    let unreadable = image
        .first_unreadable
        .iter()
        .map(|range| json!({ "start": range.offset, "length": range.length, "why": english(&range.why) }));
    json!({
        "damages": image.damages,
        "notes": image.notes,
        "first_damages": damages.collect::<Vec<_>>(),
        "unreadable_ranges": image.unreadable_ranges,
        "unreadable_bytes": image.unreadable_bytes,
        "first_unreadable": unreadable.collect::<Vec<_>>(),
    })
}

fn volume_json(volume: &VolumeReport) -> Value {
    json!({
        "scheme": volume.scheme,
        "number": volume.number,
        "role": volume.role,
        "start": volume.start,
        "length": volume.length,
        "type": volume.type_code,
        "name": volume.name,
        "encryption": volume.encryption,
        "file_systems": volume.file_systems.iter().map(|file_system| json!({
            "kind": file_system.kind,
            "state": file_system.state,
            "label": file_system.label,
            "serial": file_system.serial,
            "unallocated_bytes": file_system.unallocated_bytes,
            "counts": file_system.tallies.iter().map(|tally| {
                json!({ "what": english(&tally.what), "expected": tally.expected, "found": tally.found })
            }).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}
