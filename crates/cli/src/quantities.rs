//! Sizes, times and words as users type them.

use case_model::{Algorithm, Disposition, HitDisposition, Zone};
use hash_engine::Selection;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use crate::arguments::Owner;
pub(crate) use casework::quantities::{
    bytes, counted, duration, exact_bytes, grouped, noun, push_short_time, rfc3339, short_time,
};

/// A size: digits with an optional unit, powers of 1024.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let wrong = || {
        format!("{text:?} is no size; write digits and an optional unit k, M, G or T, as in 10M")
    };
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor: u64 = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        _ => return Err(wrong()),
    };
    digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(wrong)
}

/// A date (midnight UTC), a time with an offset, or a time as it is printed, as nanoseconds since 1970 UTC.
pub(crate) fn time(text: &str) -> Result<i64, String> {
    // As `find` prints local times of an unknown zone, and those that a zone converted.
    let text = text.trim().trim_start_matches(['?', 'z']);
    let ns = if let Ok(timestamp) = text.parse::<Timestamp>() {
        timestamp.as_nanosecond()
    } else if let Ok(date) = text.parse::<civil::DateTime>() {
        date.to_zoned(TimeZone::UTC).map_err(|error| error.to_string())?.timestamp().as_nanosecond()
    } else {
        return Err(format!(
            "{text:?} is no time; write 2026-01-31, 2026-01-31T12:00 (UTC) or 2026-01-31T12:00+01:00"
        ));
    };
    i64::try_from(ns).map_err(|_| format!("{text:?} lies outside the years 1677 to 2262"))
}

/// An owner: a number, or a SID in any letter case.
pub(crate) fn owner(text: &str) -> Result<Owner, String> {
    let text = text.trim();
    if let Ok(uid) = text.parse() {
        return Ok(Owner::Uid(uid));
    }
    let sid = text.to_ascii_uppercase();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_authority = |part: &str| {
        is_number(part)
            || part
                .strip_prefix("0X")
                .is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let mut parts = sid.split('-');
    let is_sid = parts.next() == Some("S")
        && parts.next().is_some_and(is_number)
        && parts.next().is_some_and(is_authority)
        && parts.all(is_number);
    match is_sid {
        // The authority is stored as Windows writes it: hexadecimal digits are small.
        true => {
            Ok(Owner::Sid(format!("S{}", sid.get(1..).unwrap_or_default().to_ascii_lowercase())))
        }
        false => Err(format!(
            "{text:?} is no owner; write a number, or a SID like S-1-5-21-1004336348-1177238915-682003330-1001"
        )),
    }
}

/// A time zone by its IANA name.
pub(crate) fn zone(text: &str) -> Result<Zone, String> {
    Zone::named(text).map_err(|error| error.to_string())
}

/// A pattern of names, as it was written.
pub(crate) fn name_pattern(text: &str) -> Result<String, String> {
    match name_pattern::NamePattern::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error @ name_pattern::PatternError::SlashInName(_)) => {
            Err(format!("{error} with --path"))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// A severity's word.
pub(crate) fn severity(text: &str) -> Result<HitDisposition, String> {
    match HitDisposition::from_key(text) {
        Some(severity) => Ok(severity),
        None => {
            let words: Vec<_> = HitDisposition::ALL.into_iter().map(HitDisposition::key).collect();
            Err(format!("{text:?} is none of: {}", words.join(", ")))
        }
    }
}

/// An age: digits with a unit h, d or w, in nanoseconds.
pub(crate) fn age(text: &str) -> Result<i64, String> {
    const HOUR_NS: i64 = 3_600_000_000_000;
    let wrong = || format!("{text:?} is no age; write digits and a unit h, d or w, as in 90d");
    let digits = text.trim_end_matches(['h', 'd', 'w']);
    let unit = match text.get(digits.len()..) {
        Some("h") => HOUR_NS,
        Some("d") => 24 * HOUR_NS,
        Some("w") => 7 * 24 * HOUR_NS,
        _ => return Err(wrong()),
    };
    digits
        .parse::<u32>()
        .ok()
        .and_then(|number| i64::from(number).checked_mul(unit))
        .ok_or_else(wrong)
}

/// A disposition's word.
pub(crate) fn disposition(text: &str) -> Result<Disposition, String> {
    match Disposition::from_key(text) {
        Some(disposition) => Ok(disposition),
        None => {
            let words: Vec<_> = Disposition::ALL.into_iter().map(Disposition::key).collect();
            Err(format!("{text:?} is none of: {}", words.join(", ")))
        }
    }
}

/// An algorithm's name.
pub(crate) fn algorithm(text: &str) -> Result<Algorithm, String> {
    Algorithm::from_key(text)
        .ok_or_else(|| format!("{text:?} is none of: md5, sha1, sha256, blake3"))
}

/// A list of digests: `md5,sha256`.
pub(crate) fn digests(text: &str) -> Result<Selection, String> {
    let mut chosen = Selection { md5: false, sha1: false, sha256: false, blake3: false };
    for word in text.split(',') {
        match Algorithm::from_key(word) {
            Some(Algorithm::Md5) => chosen.md5 = true,
            Some(Algorithm::Sha1) => chosen.sha1 = true,
            Some(Algorithm::Sha256) => chosen.sha256 = true,
            Some(Algorithm::Blake3) => chosen.blake3 = true,
            None => return Err(format!("'{word}' is none of md5, sha1, sha256, blake3")),
        }
    }
    Ok(chosen)
}

/// An amount of memory that a scan can work in.
pub(crate) fn memory(text: &str) -> Result<u64, String> {
    const LEAST: u64 = 128 << 20;
    match size(text)? {
        bytes if bytes < LEAST => Err("a scan needs 128M at least".to_owned()),
        bytes => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_read_as_people_write_them() {
        assert_eq!(size("10M"), Ok(10 << 20));
        assert_eq!(size("0"), Ok(0));
        for wrong in ["", "M", "-1", "1x", "99999999999T"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        assert_eq!(time("1970-01-02"), Ok(86_400_000_000_000));
        assert_eq!(time("1970-01-01T01:00+01:00"), Ok(0));
        assert_eq!(time("?1970-01-01 00:00:01"), Ok(1_000_000_000), "as it is printed");
        assert!(time("yesterday").is_err());
        assert_eq!(short_time(951_782_400_000_000_000 - 1), "2000-02-28 23:59:59");
        assert_eq!(short_time(-1), "1969-12-31 23:59:59");
        assert_eq!(short_time(i64::MAX), "2262-04-11 23:47:16");
        assert_eq!(age("2d"), Ok(172_800_000_000_000));
        assert!(
            ["", "d", "90", "90m", "-1d", "9d9d", "4000000000w"]
                .iter()
                .all(|text| age(text).is_err())
        );
        assert_eq!(bytes(1 << 20), "1.00 MiB");
        assert_eq!(grouped(1_234_567).replace('\u{202f}', " "), "1 234 567");
    }

    #[test]
    fn a_list_of_digests_is_taken_and_a_wrong_word_is_named() {
        let chosen = digests("SHA-256,md5").unwrap();
        assert!(chosen.md5 && chosen.sha256 && !chosen.sha1 && !chosen.blake3);
        assert!(digests("md5,crc32").unwrap_err().contains("crc32"));
        memory("1k").unwrap_err();
    }
}
