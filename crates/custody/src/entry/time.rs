//! When it was done, and by whose clock.

use std::fmt;

use thiserror::Error;

use crate::json::Json;

/// A moment in UTC as RFC 3339 text with nine fractional digits: `2026-11-21T09:00:00.000000000Z`. Texts sort as times.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime(String);

/// Text that is no time in the form that entries use.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InvalidTime {
    /// Not a moment in UTC with nanoseconds.
    #[error("{0:?} is not a UTC time of the form 2026-11-21T09:00:00.000000000Z")]
    Utc(String),
    /// Not an offset.
    #[error("{0:?} is not an offset from UTC of the form +01:00")]
    Offset(String),
}

impl UtcTime {
    /// Checks a text of the form `2026-11-21T09:00:00.000000000Z`.
    ///
    /// # Errors
    /// [`InvalidTime::Utc`] for another form or a date that the calendar does not have.
    pub fn parse(text: &str) -> Result<Self, InvalidTime> {
        match is_utc_time(text.as_bytes()) {
            true => Ok(Self(text.to_owned())),
            false => Err(InvalidTime::Utc(text.chars().take(64).collect())),
        }
    }

    /// Nanoseconds since 1970-01-01 UTC, as the caller's clock gives them.
    #[must_use]
    pub fn from_unix_ns(unix_ns: i64) -> Self {
        const SECOND: i64 = 1_000_000_000;
        let seconds = unix_ns.div_euclid(SECOND);
        let ns = unix_ns.rem_euclid(SECOND);
        let days = seconds.div_euclid(86_400);
        let second = seconds.rem_euclid(86_400);
        let (year, month, day) = date_of(days);
        let hour = second.div_euclid(3600);
        let minute = second.div_euclid(60).rem_euclid(60);
        let second = second.rem_euclid(60);
        Self(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ns:09}Z"))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The time of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryTime {
    /// When the act began, or happened.
    pub start: UtcTime,
    /// When it ended, if it took time and has ended.
    pub end: Option<UtcTime>,
    /// The local zone's name, such as `Africa/Casablanca`.
    pub zone: String,
    /// The local offset from UTC at `start`, such as `+01:00`. Local times repeat; this one tells them apart.
    pub offset: String,
    /// What the time was read from, such as `system clock`.
    pub clock: String,
}

impl EntryTime {
    pub(super) fn check(&self) -> Result<(), InvalidTime> {
        match is_offset(self.offset.as_bytes()) {
            true => Ok(()),
            false => Err(InvalidTime::Offset(self.offset.chars().take(64).collect())),
        }
    }

    pub(super) fn to_json(&self) -> Json {
        let mut members = vec![
            ("start", self.start.as_str()),
            ("zone", self.zone.as_str()),
            ("offset", self.offset.as_str()),
            ("clock", self.clock.as_str()),
        ];
        members.extend(self.end.as_ref().map(|end| ("end", end.as_str())));
        Json::Object(
            members.into_iter().map(|(name, text)| (name.to_owned(), Json::from(text))).collect(),
        )
    }
}

/// `+hh:mm` or `-hh:mm`, at most 23:59.
fn is_offset(text: &[u8]) -> bool {
    match text {
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            number(&[*h1, *h2]).is_some_and(|hours| hours < 24)
                && number(&[*m1, *m2]).is_some_and(|minutes| minutes < 60)
        }
        _ => false,
    }
}

fn is_utc_time(text: &[u8]) -> bool {
    let in_range = |range: std::ops::Range<usize>, least: u32, most: u32| {
        text.get(range).and_then(number).is_some_and(|value| (least..=most).contains(&value))
    };
    let punctuation =
        [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (29, b'Z')];
    let year = text.get(0..4).and_then(number).unwrap_or(0);
    let month = text.get(5..7).and_then(number).unwrap_or(0);
    text.len() == 30
        && punctuation.iter().all(|(at, mark)| text.get(*at) == Some(mark))
        && in_range(0..4, 1, 9999)
        && in_range(5..7, 1, 12)
        && in_range(8..10, 1, days_in(year, month))
        && in_range(11..13, 0, 23)
        && in_range(14..16, 0, 59)
        && in_range(17..19, 0, 59)
        && in_range(20..29, 0, 999_999_999)
}

/// Up to nine ASCII digits as a number.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Year, month and day of the Gregorian calendar, `days` after 1970-01-01. Exact for every day that 64-bit nanoseconds reach
/// (1677 to 2262), hence far from any overflow.
#[allow(clippy::arithmetic_side_effects)]
fn date_of(days: i64) -> (i64, i64, i64) {
    // Years begin in March, so that the leap day is the last day of a year; 719 468 days lie between 0000-03-01 and 1970-01-01.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_become_the_date_that_coreutils_give() {
        // date -u -d @… +%FT%T
        for (ns, text) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (1_780_317_058_123_456_789, "2026-06-01T12:30:58.123456789Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
            (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
            (i64::MIN, "1677-09-21T00:12:43.145224192Z"),
        ] {
            assert_eq!(UtcTime::from_unix_ns(ns).as_str(), text);
            assert!(UtcTime::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn other_forms_and_impossible_dates_are_refused() {
        for bad in [
            "2026-06-01T12:30:58Z",
            "2026-06-01T12:30:58.123456789+01:00",
            "2026-06-01 12:30:58.123456789Z",
            "2026-02-29T12:30:58.123456789Z",
            "2026-13-01T12:30:58.123456789Z",
            "2026-06-01T24:30:58.123456789Z",
            "2026-06-01T12:30:60.123456789Z",
            "2026-06-01T12:30:58.12345678٩Z",
            "",
        ] {
            assert!(UtcTime::parse(bad).is_err(), "{bad}");
        }
        assert!(is_offset(b"+01:00") && is_offset(b"-09:30"));
        for bad in ["01:00", "+1:00", "+24:00", "+01:60", "Z", "+01:00 "] {
            assert!(!is_offset(bad.as_bytes()), "{bad}");
        }
    }
}
