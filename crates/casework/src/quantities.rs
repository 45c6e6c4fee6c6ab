//! Sizes, times and numbers as sentences for people hold them.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::Offset;

pub use words::{counted, grouped, noun};

/// Bytes for people: exact below 10,000, else three digits and a unit.
#[must_use]
pub fn bytes(count: u64) -> String {
    if count < 10_000 {
        return format!("{count} B");
    }
    let mut value = count as f64;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        if value < 1000.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    match value {
        value if value < 10.0 => format!("{value:.2} {unit}"),
        value if value < 100.0 => format!("{value:.1} {unit}"),
        value => format!("{value:.0} {unit}"),
    }
}

/// Every byte, for people: 1 byte, 16 777 216 bytes.
#[must_use]
pub fn exact_bytes(count: u64) -> String {
    counted(count, "byte", "bytes")
}

/// Nanoseconds since 1970 as RFC 3339 in UTC, as precise as the value.
#[must_use]
pub fn rfc3339(ns: i64) -> String {
    Timestamp::from_nanosecond(i128::from(ns))
        .map_or_else(|_| format!("{ns} ns"), |time| time.to_string())
}

/// Nanoseconds since 1970 as a short time in UTC.
pub fn short_time(ns: i64) -> String {
    let mut text = String::new();
    push_short_time(ns, &mut text);
    text
}

/// Appends [`short_time`] to a line.
pub fn push_short_time(ns: i64, line: &mut String) {
    // Writing to a string cannot fail.
    let _ = match Timestamp::from_nanosecond(i128::from(ns)) {
        Ok(time) => {
            let time = Offset::UTC.to_datetime(time);
            let year = time.year();
            let month = time.month();
            let day = time.day();
            let hour = time.hour();
            let minute = time.minute();
            let second = time.second();
            write!(line, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        }
        Err(_) => write!(line, "{ns} ns"),
    };
}

/// A duration for people.
#[must_use]
pub fn duration(ns: u64) -> String {
    match ns / 1_000_000 {
        ms if ms < 1000 => format!("{ms} ms"),
        ms if ms < 100_000 => format!("{:.1} s", ms as f64 / 1000.0),
        ms if ms < 3_600_000 => format!("{} min {} s", ms / 60_000, ms / 1000 % 60),
        ms => format!("{} h {} min", ms / 3_600_000, ms / 60_000 % 60),
    }
}
