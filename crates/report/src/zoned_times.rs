//! Local times of evidence by the zone of their exhibit.

use case_model::{Times, Timestamp, Zone};
use case_store::FoundRow;
use serde_json::{Map, Value, json};

use crate::shown_times::rfc3339;

/// Returns the zone of a row's local times: its name, how it is known, and the release of the time zone database. Null when the row has no
/// local time, or its zone is not known.
pub(crate) fn zone(row: &FoundRow) -> Value {
    let times = row.times();
    let has_local =
        named(&times).into_iter().flat_map(|(_, time)| time).any(|time| time.is_unzoned());
    match &row.zone {
        Some(known) if has_local => {
            json!({ "name": known.zone.name(), "source": known.source, "database": Zone::database() })
        }
        _ => Value::Null,
    }
}

/// Returns the local times of a row with their readings, see [`readings`].
pub(crate) fn zoned_times(row: &FoundRow) -> Value {
    row.zone.as_ref().map_or(Value::Null, |known| readings(&row.times(), &known.zone))
}

/// Returns for each local time of a zone that the medium does not record: `local`, the `zone`, `resolved` (`once`, `repeated` when clocks
/// were set back, `skipped` when they were set forward, `out-of-range`), and all readings in `utc`, earliest first. Null when there is no
/// such time.
#[must_use]
pub fn readings(times: &Times, zone: &Zone) -> Value {
    let mut object = Map::new();
    for (name, time) in named(times) {
        let Some(time) = time.filter(Timestamp::is_unzoned) else { continue };
        let Some(local) = time.unix_ns else { continue };
        let reading = zone.read(local);
        let utc: Vec<Value> =
            reading.utc().into_iter().map(|ns| rfc3339(&Timestamp::host(ns))).collect();
        object.insert(
            name.to_owned(),
            json!({ "local": rfc3339(&time), "zone": zone.name(), "resolved": reading.key(), "utc": utc }),
        );
    }
    if object.is_empty() { Value::Null } else { Value::Object(object) }
}

/// The times with their names.
pub(crate) fn named(times: &Times) -> [(&'static str, Option<Timestamp>); 5] {
    [
        ("modified", times.modified),
        ("accessed", times.accessed),
        ("changed", times.changed),
        ("created", times.created),
        ("deleted", times.deleted),
    ]
}
