//! Size and bytes of a stream; and how athar writes values and times.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use serde_json::Value;

use super::{Comparison, Rule};
use crate::truth::{Bytes, Content, Range, digest};

impl Comparison<'_> {
    /// Compares a stream.
    pub(super) fn content(&mut self, right: &Content, row: &Value, path: &str) {
        if let Bytes::Unreadable = right.bytes {
            return self.verdict.judge(Rule::DriverCannotRead);
        }
        if row["size"].as_u64() != Some(right.size) {
            return self.verdict.differ(
                "size",
                path,
                format!("{}, is {}", row["size"], right.size),
            );
        }
        // What the index says about a stream that it does not hash.
        let instead = || format!("{} {} {}", row["disposition"], row["rule"], row["confidence"]);
        match (&right.bytes, row["sha256"].as_str()) {
            (_, None) => self.verdict.differ(
                "not-hashed",
                path,
                format!("size {}: {}", right.size, instead()),
            ),
            _ if row["disposition"] == "partial" => self.verdict.differ("partial", path, instead()),
            (Bytes::Whole(sha256), Some(found)) if found != sha256 => {
                self.verdict.differ(
                    "sha256",
                    path,
                    format!("{found}, is {sha256}, size {}", right.size),
                );
            }
            (Bytes::Ranges(ranges), Some(_)) => self.ranges(ranges, row, path),
            _ => {}
        }
    }

    /// Compares the ranges that hold data by the bytes that the exported extents name.
    fn ranges(&mut self, ranges: &[Range], row: &Value, path: &str) {
        if row["extents_exact"] != true {
            return self.verdict.judge(Rule::ExtentsNotExact);
        }
        for range in ranges {
            let found = bytes_of(&self.disk.image, row, range.at, range.length)
                .and_then(|bytes| digest(&mut bytes.as_slice()));
            match found {
                Ok((sha256, _)) if sha256 == range.sha256 => {}
                Ok(_) => {
                    self.verdict.differ("range", path, format!("{}+{}", range.at, range.length))
                }
                Err(error) => self.verdict.differ("range", path, error.to_string()),
            }
        }
    }
}

/// The extents of a row: where they lie on the medium (`None`: a hole), and their lengths.
pub(super) fn extents(row: &Value) -> impl Iterator<Item = (Option<u64>, u64)> {
    let pair = |extent: &Value| Some((extent[0].as_u64(), extent[1].as_u64()?));
    row["extents"].as_array().into_iter().flatten().filter_map(pair)
}

/// Reads bytes of a stream by its extents.
pub(super) fn bytes_of(
    image: &std::path::Path,
    row: &Value,
    from: u64,
    length: u64,
) -> io::Result<Vec<u8>> {
    let mut file = File::open(image)?;
    let mut bytes = Vec::new();
    let mut place = 0;
    let end = from + length;
    for (at, extent) in extents(row) {
        let first = place.max(from);
        let last = (place + extent).min(end);
        place += extent;
        if first >= last {
            continue;
        }
        let part = last - first;
        match at {
            None => bytes.resize(bytes.len() + part as usize, 0),
            Some(at) => {
                file.seek(SeekFrom::Start(at + first - (place - extent)))?;
                let read = (&mut file).take(part).read_to_end(&mut bytes)?;
                if read as u64 != part {
                    return Err(io::Error::other(format!("the medium ends in the extent at {at}")));
                }
            }
        }
    }
    match bytes.len() as u64 == length {
        true => Ok(bytes),
        false => Err(io::Error::other(format!("the extents end at byte {place} of the stream"))),
    }
}

/// How athar writes the value of an attribute: as text, or as hexadecimal digits.
pub(super) fn expected_value(value: &[u8]) -> String {
    let text = value.strip_suffix(b"\0").unwrap_or(value);
    match std::str::from_utf8(text) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => crate::truth::hex(value),
    }
}

/// Returns the nanoseconds since 1970 of `YYYY-MM-DDThh:mm:ss.fffffffffZ`; the `Z` and the part of the second may lack.
pub(super) fn nanoseconds(text: &str) -> Option<i128> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once('T')?;
    let (negative, date) = date.strip_prefix('-').map_or((false, date), |date| (true, date));
    let mut parts = date.split('-').map(str::parse::<i64>);
    let year = parts.next()?.ok()?;
    let month = parts.next()?.ok()?;
    let day = parts.next()?.ok()?;
    let year = if negative { -year } else { year };
    let (whole, part) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = whole.split(':').map(str::parse::<i64>);
    let hour = parts.next()?.ok()?;
    let minute = parts.next()?.ok()?;
    let second = parts.next()?.ok()?;
    let part: i128 = format!("{part:0<9}").get(..9)?.parse().ok()?;
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(i128::from(seconds) * 1_000_000_000 + part)
}

/// Days since 1970 of a date of the Gregorian calendar. The year begins in March here: leap days are at its end.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let century = year.div_euclid(100);
    year * 365 + year.div_euclid(4) - century + century.div_euclid(4) + (153 * month + 2) / 5 + day
        - 1
        - 719_468
}

#[cfg(test)]
mod tests {
    use super::nanoseconds;

    #[test]
    fn times_are_nanoseconds_since_1970() {
        assert_eq!(nanoseconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(nanoseconds("2024-02-29T12:00:00.5Z"), Some(1_709_208_000_500_000_000));
        assert_eq!(nanoseconds("1969-12-31T23:59:59.999999999"), Some(-1));
        assert_eq!(nanoseconds("yesterday"), None);
    }
}
