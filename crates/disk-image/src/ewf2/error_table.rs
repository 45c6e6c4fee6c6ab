//! The error table: sectors that the acquiring program could not read and filled with zeros.

use byte_source::{Problem, Scratch, Structure, read_vec};

use super::section::Section;
use super::section_data::{Place, compare};
use crate::Claim;
use crate::ewf::error2::{MOST_ENTRIES, range, sectors_lost, unlisted};
use crate::problems::unreadable;

const NAME: &str = "EWF2 error table";
/// Length in bytes of the header: number of entries (4), padding (12), Adler-32 (4), all little-endian, padding (12).
const HEADER_BYTES: u64 = 32;
/// Length in bytes of an entry: first sector (8), number of sectors (4), padding (4), little-endian.
const ENTRY_BYTES: u64 = 16;

/// Reads the ranges of the error table in `section` as claims, with one problem for all.
///
/// # Errors
/// The [`Problem`] for which it cannot be read.
pub(super) fn read(
    place: Place<'_>,
    section: &Section,
    scratch: &mut Scratch,
    claims: &mut Vec<Claim>,
) -> Result<Option<Problem>, Problem> {
    let data = section.data();
    let at = place.start.saturating_add(data.start);
    let unreadable = unreadable(NAME, at);
    let bytes = read_vec(place.source, data.start, HEADER_BYTES, scratch).map_err(unreadable)?;
    let header = Structure::new(NAME, at, &bytes);
    if let Some(problem) = compare(&header, "header checksum", 0, 16)? {
        return Err(problem);
    }
    let count = u64::from(header.u32_le(0)?);
    let entries_at = data.start.saturating_add(HEADER_BYTES);
    let room = data.end.saturating_sub(entries_at).checked_div(ENTRY_BYTES).unwrap_or(0);
    let listed = count.min(room).min(MOST_ENTRIES);
    let bytes = read_vec(place.source, entries_at, listed.saturating_mul(ENTRY_BYTES), scratch)
        .map_err(unreadable)?;
    let mut sectors = 0_u64;
    for entry in bytes.as_chunks::<16>().0 {
        let entry = Structure::new(NAME, at, entry);
        let first = entry.u64_le(0)?;
        let number = u64::from(entry.u32_le(8)?);
        sectors = sectors.saturating_add(number);
        claims.push(range(first, number));
    }
    claims.extend(unlisted(count, listed));
    Ok((sectors > 0).then(|| sectors_lost(NAME, at, sectors)))
}
