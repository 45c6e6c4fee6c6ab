//! Times of evidence as they are shown.

use case_model::{Times, Timestamp, Zone, ZonedReading};
use serde_json::{Value, json};

use crate::quantities::{duration, push_short_time, rfc3339, short_time};

/// The fields of a record's times with their names, in the order in which they are shown.
pub(crate) fn fields(times: &Times) -> [(&'static str, Option<Timestamp>); 5] {
    [
        ("modified", times.modified),
        ("accessed", times.accessed),
        ("changed", times.changed),
        ("created", times.created),
        ("deleted", times.deleted),
    ]
}

/// A time in a column: seconds, UTC; local time of an unknown zone has a `?` in front of it.
pub(crate) fn shown(time: Option<Timestamp>) -> String {
    let mut text = String::new();
    push_shown(time, &mut text);
    text
}

/// Appends [`shown`] to a line.
pub(crate) fn push_shown(time: Option<Timestamp>, line: &mut String) {
    let Some(time) = time else { return line.push('-') };
    let Some(ns) = time.unix_ns else { return line.push_str("no date") };
    if time.is_unzoned() {
        line.push('?');
    }
    push_short_time(ns, line);
}

/// A time in a column, by the zone of its exhibit where the medium records none: UTC with a `z` in front of it, when it has one reading.
pub(crate) fn shown_in(time: Option<Timestamp>, zone: Option<&Zone>) -> String {
    match one_reading(time, zone) {
        Some(utc) => format!("z{}", short_time(utc)),
        None => shown(time),
    }
}

fn one_reading(time: Option<Timestamp>, zone: Option<&Zone>) -> Option<i64> {
    let time = time.filter(Timestamp::is_unzoned)?;
    match zone?.read(time.unix_ns?) {
        ZonedReading::Once(utc) => Some(utc),
        _ => None,
    }
}

/// Returns what is said of a local time that a zone does not give one reading; `None` for other times.
pub(crate) fn doubtful(time: Option<Timestamp>, zone: Option<&Zone>) -> Option<String> {
    let time = time.filter(Timestamp::is_unzoned)?;
    let zone = zone?;
    let reading = zone.read(time.unix_ns?);
    (!matches!(reading, ZonedReading::Once(_))).then(|| in_zone(zone, reading))
}

/// How a local time reads in a zone, in words.
fn in_zone(zone: &Zone, reading: ZonedReading) -> String {
    let name = zone.name();
    match reading {
        ZonedReading::Once(utc) => format!("in {name} {}", rfc3339(utc)),
        ZonedReading::Repeated { earlier, later } => {
            format!("clocks of {name} showed it twice: {} or {}", rfc3339(earlier), rfc3339(later))
        }
        ZonedReading::Skipped { offset_before, offset_after } => format!(
            "clocks of {name} never showed it: {} with the offset before the change, {} with that after it",
            rfc3339(offset_before),
            rfc3339(offset_after)
        ),
        ZonedReading::OutOfRange => format!("in {name} out of the range of times"),
    }
}

/// A time with all that is known of it, and how it reads in a zone where the medium records none.
pub(crate) fn in_full(time: &Timestamp, zone: Option<&Zone>) -> String {
    let value = match (time.unix_ns, time.is_unzoned()) {
        (None, _) => "no date".to_owned(),
        (Some(ns), false) => rfc3339(ns),
        (Some(ns), true) => {
            let zoned =
                zone.map_or(String::new(), |zone| format!("; {}", in_zone(zone, zone.read(ns))));
            format!("{} local time, zone not recorded{zoned}", rfc3339(ns).trim_end_matches('Z'))
        }
    };
    let resolution = match time.clock.resolution_ns() {
        ns @ 0..1_000_000 => format!("{ns} ns"),
        ns => duration(ns),
    };
    format!("{value}  ({} {:#x}, resolution {resolution})", time.clock.key(), time.raw)
}

/// Hands over the fields that are there: `PREFIXmodified` and so on as RFC 3339 in UTC (local time of an unknown zone
/// without the `Z`), and `PREFIXtimes_raw` with clock and raw value.
pub(crate) fn put_times(times: &Times, prefix: &str, put: &mut dyn FnMut(&str, Value)) {
    let mut raw = serde_json::Map::new();
    for (name, time) in fields(times) {
        let Some(time) = time else { continue };
        if let Some(ns) = time.unix_ns {
            let text = rfc3339(ns);
            let text = if time.is_unzoned() { text.trim_end_matches('Z') } else { &text };
            put(&format!("{prefix}{name}"), json!(text));
        }
        // As text: JSON readers lose the low bits of large integers.
        raw.insert(
            name.to_owned(),
            json!({
                "clock": time.clock.key(), "raw": time.raw.to_string(), "resolution_ns": time.clock.resolution_ns(),
                "zone": if time.is_unzoned() { "unknown" } else { "UTC" },
            }),
        );
    }
    if !raw.is_empty() {
        put(&format!("{prefix}times_raw"), Value::Object(raw));
    }
}
