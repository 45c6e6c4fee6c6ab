//! Times in exports: with `Z` only where the medium says the zone.

use case_model::{Clock, Timestamp};
use case_store::decode_times;
use serde_json::{Map, Value, json};

/// Returns RFC 3339 in UTC; local time of an unknown zone comes without the `Z`. Null for a field that is no date.
pub(crate) fn rfc3339(time: &Timestamp) -> Value {
    let Some(ns) = time.unix_ns else { return Value::Null };
    let Ok(utc) = jiff::Timestamp::from_nanosecond(i128::from(ns)) else { return Value::Null };
    let text = utc.to_string();
    json!(if time.is_unzoned() { text.trim_end_matches('Z') } else { &text })
}

/// Returns each field as on disk, with its clock and `zone`: `UTC` or `unknown`.
pub(crate) fn raw_times(packed: Option<&[u8]>) -> Value {
    let Some(packed) = packed else { return Value::Null };
    let mut fields = Map::new();
    for (field, clock, raw) in decode_times(packed) {
        // As text: JSON readers lose the low bits of large integers.
        let value =
            json!({ "clock": clock.key(), "raw": raw.to_string(), "zone": zone(clock, raw) });
        fields.insert(field.to_owned(), value);
    }
    Value::Object(fields)
}

fn zone(clock: Clock, raw: u64) -> &'static str {
    match Timestamp::from_raw(clock, raw) {
        Some(time) if time.is_unzoned() => "unknown",
        _ => "UTC",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_time_whose_zone_is_known_ends_with_z() {
        // 2026-06-01 12:30:58
        let date = 46 << 9 | 6 << 5 | 1_u16;
        let time = 12 << 11 | 30 << 5 | 29_u16;
        let exfat = |zone| {
            let raw = u32::from(date) << 16 | u32::from(time);
            rfc3339(&Timestamp::exfat(raw, 0, zone).unwrap())
        };
        assert_eq!(exfat(0x80), "2026-06-01T12:30:58Z");
        assert_eq!(exfat(0x84), "2026-06-01T11:30:58Z", "one hour east of UTC");
        assert_eq!(exfat(0), "2026-06-01T12:30:58");
        assert_eq!(
            rfc3339(&Timestamp::fat(date, Some(time), None).unwrap()),
            "2026-06-01T12:30:58"
        );
        assert_eq!(rfc3339(&Timestamp::unix_seconds(0)), "1970-01-01T00:00:00Z");
        assert_eq!(zone(Clock::ExFat, 0x80 << 40 | 1 << 21), "UTC");
        assert_eq!(zone(Clock::ExFat, 1 << 21), "unknown");
    }
}
