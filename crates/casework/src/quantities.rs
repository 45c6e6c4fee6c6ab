//! Sizes, times and numbers as sentences for people hold them.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::Offset;

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

/// Nanoseconds since 1970 as RFC 3339 in UTC, as precise as the value.
#[must_use]
pub fn rfc3339(ns: i64) -> String {
    Timestamp::from_nanosecond(i128::from(ns)).map_or_else(|_| format!("{ns} ns"), |time| time.to_string())
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
            let (year, month, day) = (time.year(), time.month(), time.day());
            let (hour, minute, second) = (time.hour(), time.minute(), time.second());
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

/// A number with thin groups of three, for people: 1 234 567.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}
