//! The sections `header` (ASCII), `header2` (UTF-16) and `xheader` (libewf's XML): what the acquiring program says of case and examiner.

use byte_source::{Problem, ProblemKind, Scratch, Source};
use words::term;

use super::hash;
use super::section::Section;
use crate::{Claim, date};

/// Bytes of text that are decoded; notes fill a few thousand at most.
const MOST_TEXT_BYTES: usize = 1 << 20;

/// Notes about one header.
const MOST_NOTES: usize = 16;

/// The identifiers of header values and the names they stand for.
const FIELDS: &[(&str, &str)] = &[
    ("c", "case number"),
    ("n", "evidence number"),
    ("a", "description"),
    ("e", "examiner"),
    ("t", "notes"),
    ("m", "acquisition date"),
    ("u", "system date"),
    ("av", "acquisition software version"),
    ("ov", "acquisition operating system"),
    ("md", "model"),
    ("sn", "serial number"),
    ("l", "device label"),
    ("pid", "process identifier"),
    ("dc", "dc (meaning unknown)"),
    ("ext", "extents"),
    ("p", "password hash"),
    ("r", "compression level"),
];

/// The elements of `xheader` and the names they stand for.
const ELEMENTS: &[(&str, &str)] = &[
    ("case_number", "case number"),
    ("evidence_number", "evidence number"),
    ("description", "description"),
    ("examiner_name", "examiner"),
    ("notes", "notes"),
    ("acquiry_date", "acquisition date"),
    ("system_date", "system date"),
    ("acquiry_operating_system", "acquisition operating system"),
    ("acquiry_software", "acquisition software"),
    ("acquiry_software_version", "acquisition software version"),
    ("model", "model"),
    ("serial_number", "serial number"),
    ("password", "password hash"),
];

/// Categories of a header text: the case, and of later programs the sources and subjects, which say nothing of the medium.
const CATEGORIES: [&str; 3] = ["main", "srce", "sub"];

/// What a header section says, and what of it is not understood.
pub(super) type Said = (Vec<Claim>, Vec<Problem>);

/// Reads the claims of a `header`, `header2` or `xheader` section of a segment file that begins at byte `start` of the image.
///
/// # Errors
/// The [`Problem`] for which it cannot be read.
pub(super) fn read(
    source: &dyn Source,
    start: u64,
    section: &Section,
    scratch: &mut Scratch,
) -> Result<Said, Problem> {
    const NAME: &str = "EWF header section";
    let text = readable(&hash::decode(NAME, source, start, section, MOST_TEXT_BYTES, scratch)?);
    let place = start.saturating_add(section.data().start);
    if section.kind == "xheader" {
        let (leaves, fault) = hash::leaves(&text);
        let fault = fault.map(|kind| Problem::note(NAME, place, kind));
        return Ok((
            leaves.into_iter().map(claim_of_element).collect(),
            fault.into_iter().collect(),
        ));
    }
    let notes =
        unknown_parts(&text).into_iter().map(|kind| Problem::note(NAME, place, kind)).collect();
    main_category(&text).map(|claims| (claims, notes)).ok_or_else(|| {
        Problem::note(
            NAME,
            place,
            ProblemKind::Inconsistent(term!("ewf.no-category-main-names-values")),
        )
    })
}

/// The text: UTF-16 with a byte order mark, UTF-8, or one byte a character (the code page is not stored: Latin-1 is assumed).
pub(crate) fn readable(bytes: &[u8]) -> String {
    let units = |from: fn([u8; 2]) -> u16| -> String {
        let units: Vec<u16> =
            bytes.as_chunks::<2>().0.iter().skip(1).map(|pair| from(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().copied().map(char::from).collect(),
        },
    }
}

/// Says which categories are not known, and whether names and values of `main` are as many.
fn unknown_parts(text: &str) -> Vec<ProblemKind> {
    let mut notes = Vec::new();
    let mut lines = text.lines().map(|line| line.trim_matches('\0'));
    // The first line is the number of categories. Behind each blank line begins another one.
    let _ = lines.next();
    let mut begins = true;
    while let Some(line) = lines.next() {
        if begins && !line.is_empty() && !CATEGORIES.contains(&line) && notes.len() < MOST_NOTES {
            notes.push(ProblemKind::unknown(term!("image.category"), line));
        }
        if begins && line == "main" {
            let names = lines.next().unwrap_or_default();
            let values = lines.next().unwrap_or_default();
            if names.split('\t').count() != values.split('\t').count() {
                notes.push(ProblemKind::Inconsistent(term!("ewf.category-main-not-many-values")));
            }
        }
        begins = line.is_empty();
    }
    notes
}

/// The category `main`: a line of identifiers, a line of values, both separated by tabs.
fn main_category(text: &str) -> Option<Vec<Claim>> {
    let mut lines = text.lines();
    lines.find(|line| *line == "main")?;
    let names = lines.next()?;
    let values = lines.next()?;
    let mut claims = Vec::new();
    for (name, value) in names.split('\t').zip(values.split('\t')) {
        let value = value.trim_end_matches('\0');
        if !value.is_empty() && (name, value) != ("p", "0") {
            claims.push(claim(name, value));
        }
    }
    Some(claims)
}

/// Returns the claim of an element of the XML form.
fn claim_of_element((tag, value): (String, String)) -> Claim {
    match ELEMENTS.iter().find(|(known, _)| *known == tag) {
        Some((_, field)) => Claim { field, value },
        None => Claim { field: "other header value", value: format!("{tag}: {value}") },
    }
}

/// Returns the claim of an identifier and its value.
fn claim(name: &str, value: &str) -> Claim {
    let (field, value) = match FIELDS.iter().find(|(identifier, _)| *identifier == name) {
        Some((_, field @ ("acquisition date" | "system date"))) => (*field, readable_date(value)),
        Some((_, field)) => (*field, value.to_owned()),
        None => ("other header value", format!("{name}: {value}")),
    };
    Claim { field, value }
}

/// A date in readable form: seconds since 1970 in UTC, or year, month, day, hour, minute, second in a zone that is not stored.
fn readable_date(value: &str) -> String {
    if let Ok(seconds) = value.parse::<u64>() {
        return date::utc(seconds).unwrap_or_else(|| value.to_owned());
    }
    let parts: Option<Vec<u32>> = value.split(' ').map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some([year, month, day, hour, minute, second]) => {
            format!(
                "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} (local time, zone not stored)"
            )
        }
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_readable_and_say_what_zone_they_are_in() {
        assert_eq!(readable_date("1795302268"), "2026-11-21 23:04:28 UTC");
        assert_eq!(readable_date("951782400"), "2000-02-29 00:00:00 UTC");
        assert_eq!(
            readable_date("2018 5 16 15 5 8"),
            "2018-05-16 15:05:08 (local time, zone not stored)"
        );
        assert_eq!(readable_date("soon"), "soon");
        assert_eq!(readable_date("18446744073709551615"), "18446744073709551615");
    }

    #[test]
    fn categories_that_nobody_knows_and_values_without_names_are_said() {
        let text = "3\nmain\nc\tn\nK\t1\n\nsrce\n0\t1\np\n0\t0\n\n\nsub\n0\t1\n\n";
        assert_eq!(unknown_parts(text), []);
        let notes = unknown_parts(&text.replace("srce", "other").replace("c\tn", "c"));
        assert!(
            matches!(notes[..], [ProblemKind::Inconsistent(_), ProblemKind::Unknown { .. }]),
            "{notes:?}"
        );
    }

    #[test]
    fn values_stand_under_their_identifiers_in_any_encoding() {
        let text = "1\r\nmain\r\nc\tn\tzz\te\tp\r\nK-7\t\tx\tZoë\t0\r\n\r\n";
        let utf16: Vec<u8> =
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let latin1: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        for bytes in [text.as_bytes(), &utf16, &latin1] {
            let claims = main_category(&readable(bytes)).unwrap();
            let pairs: Vec<_> =
                claims.iter().map(|claim| (claim.field, claim.value.as_str())).collect();
            assert_eq!(
                pairs,
                [("case number", "K-7"), ("other header value", "zz: x"), ("examiner", "Zoë")]
            );
        }
    }
}
