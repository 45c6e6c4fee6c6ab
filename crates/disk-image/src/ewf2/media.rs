//! What the sections with device information and case data say of the medium.

use byte_source::{Expected, Problem, ProblemKind};
use words::term;

use super::object::Attributes;
use crate::ewf::volume::{MOST_CHUNK_BYTES, MOST_SECTOR_BYTES};
use crate::{Claim, date};

/// Tags, and the names of the fields that they stand for.
type Fields = [(&'static str, &'static str)];

/// The tags of device information and the names they stand for.
const DEVICE_FIELDS: &Fields = &[
    ("sn", "serial number"),
    ("md", "model"),
    ("lb", "device label"),
    ("hs", "sectors protected by HPA"),
    ("dc", "sectors protected by DCO"),
    ("pid", "process identifier"),
    ("rs", "sectors of a PALM RAM device"),
    ("ls", "sectors of SMART or ATA logs"),
];

/// The tags of case data and the names they stand for.
const CASE_FIELDS: &Fields = &[
    ("cn", "case number"),
    ("en", "evidence number"),
    ("nm", "description"),
    ("ex", "examiner"),
    ("nt", "notes"),
    ("av", "acquisition software version"),
    ("os", "acquisition operating system"),
];

/// Tags that say how the medium is cut, or that are put into words.
const OTHERS: &[&str] = &["ts", "bp", "dt", "ph", "tb", "cp", "sb", "gr", "wb", "tt", "at", "sc"];

/// How the medium is cut into chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Media {
    /// Sectors of the medium; 0 when the acquisition did not know yet.
    pub(super) number_of_sectors: u64,
    /// Bytes of a sector.
    pub(super) bytes_per_sector: u32,
    /// Chunks of the medium; 0 when the acquisition did not know yet.
    pub(super) number_of_chunks: u64,
    /// Bytes of a chunk.
    pub(super) chunk_bytes: u64,
}

impl Media {
    /// Length of the medium in bytes by its sectors.
    pub(super) fn stated_bytes(&self) -> u64 {
        self.number_of_sectors.saturating_mul(self.bytes_per_sector.into())
    }
}

/// How the medium is cut, by device information and case data.
///
/// # Errors
/// The [`Problem`] for which the medium cannot be laid out.
pub(super) fn media(device: &Attributes, case: &Attributes) -> Result<Media, Problem> {
    let bytes_per_sector = bytes_per_sector(device)?;
    let sectors = case.number("sb").unwrap_or(0);
    let chunk_bytes = sectors.saturating_mul(bytes_per_sector.into());
    if !(1..=MOST_CHUNK_BYTES).contains(&chunk_bytes) {
        let field = "sectors per chunk (sb)";
        let expected = Expected::Rule(term!("image.chunk-1-byte-128-mib"));
        let kind = ProblemKind::Value { field, expected, found: sectors };
        return Err(Problem::damage("EWF2 case data", 0, kind));
    }
    let number_of_sectors = device.number("ts").unwrap_or(0);
    let number_of_chunks = case.number("tb").unwrap_or(0);
    Ok(Media { number_of_sectors, bytes_per_sector, number_of_chunks, chunk_bytes })
}

fn bytes_per_sector(device: &Attributes) -> Result<u32, Problem> {
    let found = device.number("bp").unwrap_or(0);
    let number = u32::try_from(found).ok().filter(|bytes| (1..=MOST_SECTOR_BYTES).contains(bytes));
    number.ok_or_else(|| {
        let field = "bytes per sector (bp)";
        let expected = Expected::Within(1, MOST_SECTOR_BYTES.into());
        let kind = ProblemKind::Value { field, expected, found };
        Problem::damage("EWF2 device information", 0, kind)
    })
}

/// All claims of device information and case data.
pub(super) fn claims(device: &Attributes, case: &Attributes) -> Vec<Claim> {
    let mut claims = Vec::new();
    claim_fields(case, CASE_FIELDS, &mut claims);
    claim_fields(device, DEVICE_FIELDS, &mut claims);
    let mut claim = |field, value: String| claims.push(Claim { field, value });
    for (tag, field) in [("tt", "acquisition date"), ("at", "system date")] {
        case.text(tag).into_iter().for_each(|value| claim(field, readable_date(value)));
    }
    if let Some(letter) = device.text("dt") {
        claim("media type", format!("{} ({letter})", drive_type(letter)));
    }
    claim(
        "media flags",
        if device.text("ph") == Some("1") { "physical" } else { "logical" }.to_owned(),
    );
    if let Some(blocker) = case.text("wb").filter(|value| *value != "0") {
        claim("write blocker", format!("{} ({blocker})", write_blocker(blocker)));
    }
    claims
}

/// Claims the attributes of an object by the names of its fields.
fn claim_fields(object: &Attributes, fields: &Fields, claims: &mut Vec<Claim>) {
    for (tag, value) in object.all() {
        let (field, value) = match fields.iter().find(|(known, _)| *known == tag) {
            Some((_, field)) => (*field, value.to_owned()),
            None if OTHERS.contains(&tag) => continue,
            None => ("other header value", format!("{tag}: {value}")),
        };
        claims.push(Claim { field, value });
    }
}

/// Returns the date of a number of seconds since 1970; of anything else the text itself.
fn readable_date(seconds: &str) -> String {
    seconds.parse().ok().and_then(date::utc).unwrap_or_else(|| seconds.to_owned())
}

fn write_blocker(number: &str) -> &'static str {
    match number {
        "1" => "FastBloc",
        "2" => "Tableau",
        _ => "unknown",
    }
}

fn drive_type(letter: &str) -> &'static str {
    match letter {
        "a" => "RAM disk",
        "c" => "optical disc",
        "f" => "fixed disk",
        "l" => "logical evidence file",
        "m" => "memory",
        "p" => "PALM",
        "r" => "removable disk",
        _ => "unknown",
    }
}
