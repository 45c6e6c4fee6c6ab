//! The one list of the fields of an exported stream: JSON and CSV both walk it.

use case_model::{Exactness, Timestamp, to_hex};
use case_store::{FoundRow, extents_exactness};
use serde_json::{Value, json};

use crate::field_values::{
    content_check, details, digests_of, english, extents, findings, hits, is_low_information,
    unreadable,
};
use crate::shown_times::{raw_times, rfc3339};
use crate::zoned_times::{named, zone, zoned_times};

/// One field of an exported stream.
pub(crate) struct Field {
    /// Its name in JSON, and its column in CSV.
    pub(crate) name: &'static str,
    /// The fields of [`FoundRow`] that it shows.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "a test compares them with those of the store")
    )]
    pub(crate) shows: &'static [&'static str],
    /// Returns its value; null where the stream has none: JSON leaves it out, CSV leaves it empty.
    pub(crate) value: fn(&FoundRow) -> Value,
}

const fn field(
    name: &'static str,
    shows: &'static [&'static str],
    value: fn(&FoundRow) -> Value,
) -> Field {
    Field { name, shows, value }
}

/// Marks what is so; what is not so is left out.
fn mark(is_so: bool) -> Value {
    if is_so { json!(true) } else { Value::Null }
}

fn hexadecimal(bytes: &Option<Vec<u8>>) -> Value {
    bytes.as_ref().map_or(Value::Null, |bytes| json!(to_hex(bytes)))
}

fn time(time: Option<Timestamp>) -> Value {
    time.as_ref().map_or(Value::Null, rfc3339)
}

/// Names the times that are local times of a zone which the medium does not record.
fn local_times(row: &FoundRow) -> Value {
    let times = row.times();
    let local =
        named(&times).into_iter().filter(|(_, time)| time.is_some_and(|time| time.is_unzoned()));
    let names: Vec<&str> = local.map(|(name, _)| name).collect();
    if names.is_empty() { Value::Null } else { json!(names) }
}

fn exactness(row: &FoundRow) -> Option<Exactness> {
    row.extents.as_deref().and_then(extents_exactness)
}

/// All fields, in the order of the columns.
pub(crate) const FIELDS: &[Field] = &[
    field("id", &["id"], |row| json!(row.id.number())),
    field("image", &["image"], |row| json!(row.image)),
    field("volume_offset", &["volume_offset"], |row| json!(row.volume_offset)),
    field("file_system", &["file_system"], |row| json!(row.file_system)),
    field("path", &["path"], |row| json!(row.path)),
    field("allocated", &["state"], |row| json!(row.state == "allocated")),
    field("orphan", &["orphan"], |row| mark(row.orphan)),
    field("kind", &["kind"], |row| json!(row.kind)),
    field("stream", &["stream_kind"], |row| json!(row.stream_kind)),
    field("metadata", &["metadata"], |row| mark(row.metadata)),
    field("size", &["size"], |row| json!(row.size)),
    field("md5", &["md5"], |row| hexadecimal(&row.md5)),
    field("sha1", &["sha1"], |row| hexadecimal(&row.sha1)),
    field("sha256", &["sha256"], |row| hexadecimal(&row.sha256)),
    field("blake3", &["blake3"], |row| hexadecimal(&row.blake3)),
    field("digests_of", &[], digests_of),
    field("disposition", &["disposition"], |row| json!(row.disposition.key())),
    field("rule", &["rule"], |row| json!(row.rule.as_deref().map(english))),
    field("confidence", &["confidence"], |row| {
        json!(row.confidence.as_deref().map(|how| format!("assumed: {}", english(how))))
    }),
    field("content_type", &["content_type"], |row| json!(row.content_type)),
    field("findings", &["findings"], |row| findings(&row.findings)),
    field("record", &["number"], |row| json!(row.number)),
    field("generation", &["generation"], |row| json!(row.generation)),
    field("further_name", &["further_name"], |row| mark(row.further_name)),
    field("modified", &["modified"], |row| time(row.times().modified)),
    field("accessed", &["accessed"], |row| time(row.times().accessed)),
    field("changed", &["changed"], |row| time(row.times().changed)),
    field("created", &["created"], |row| time(row.times().created)),
    field("deleted", &["deleted"], |row| time(row.times().deleted)),
    field("local_times", &[], local_times),
    field("zone", &["zone"], zone),
    field("zoned_times", &["zone"], zoned_times),
    field("times_raw", &["times_raw"], |row| raw_times(row.times_raw.as_deref())),
    field("name_times_raw", &["name_times_raw"], |row| raw_times(row.name_times_raw.as_deref())),
    field("mode", &["mode"], |row| json!(row.mode.map(|mode| format!("{mode:o}")))),
    field("uid", &["uid"], |row| json!(row.uid)),
    field("gid", &["gid"], |row| json!(row.gid)),
    field("owner_sid", &["owner_sid"], |row| json!(row.owner_sid)),
    field("links", &["links"], |row| json!(row.links)),
    field("attributes", &["attributes"], |row| json!(row.attributes)),
    field("target", &["target"], |row| json!(row.target)),
    field("name_raw", &["name_raw"], |row| hexadecimal(&row.name_raw)),
    field("details", &["details"], details),
    field("extents", &["extents"], |row| extents(row.extents.as_deref())),
    field("extents_exact", &["extents"], |row| {
        json!(exactness(row).map(|exactness| exactness == Exactness::Exact))
    }),
    field("extents_why", &["extents"], |row| json!(exactness(row).and_then(Exactness::why_not))),
    field("unreadable", &["unreadable"], |row| unreadable(&row.unreadable)),
    field("low_information", &[], |row| mark(is_low_information(row))),
    field("content_check", &["content_check"], |row| {
        row.content_check.map_or(Value::Null, content_check)
    }),
    field("hits", &["hits"], |row| hits(&row.hits)),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_field_of_a_found_row_is_exported_and_every_name_is_there_once() {
        let shown: BTreeSet<&str> = FIELDS.iter().flat_map(|field| field.shows).copied().collect();
        assert_eq!(shown, FoundRow::FIELDS.iter().copied().collect());
        let names: BTreeSet<&str> = FIELDS.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), FIELDS.len());
    }
}
