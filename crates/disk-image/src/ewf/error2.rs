//! The section `error2`: sectors that the acquiring program could not read and filled with zeros.

use byte_source::{Expected, Problem, ProblemKind, Scratch, Source, Structure, read_vec};

use super::section::Section;
use crate::Claim;
use crate::problems::unreadable;

const NAME: &str = "EWF error2 section";
/// Length in bytes of the header: number of entries (4), unknown (512), Adler-32 (4), little-endian.
const HEADER_BYTES: u64 = 520;
/// Length in bytes of an entry: first sector (4), number of sectors (4), little-endian.
const ENTRY_BYTES: u64 = 8;
/// Entries that are listed; a medium with more is listed in the report of the acquiring program.
pub(crate) const MOST_ENTRIES: u64 = 4096;
/// The claim.
const FIELD: &str = "sectors unreadable at acquisition";

/// Reads the ranges of an `error2` section of a segment file that begins at byte `start` of the image as claims, with one problem for all.
///
/// # Errors
/// The [`Problem`] for which the section cannot be read.
pub(super) fn read(
    source: &dyn Source,
    start: u64,
    section: &Section,
    scratch: &mut Scratch,
    claims: &mut Vec<Claim>,
) -> Result<Option<Problem>, Problem> {
    let data = section.data();
    let place = start.saturating_add(data.start);
    let unreadable = unreadable(NAME, place);
    let bytes = read_vec(source, data.start, HEADER_BYTES, scratch).map_err(unreadable)?;
    let count = u64::from(Structure::new(NAME, place, &bytes).u32_le(0)?);
    if count == 0 {
        return Ok(None);
    }
    let entries_at = data.start.saturating_add(HEADER_BYTES);
    let room = data.end.saturating_sub(entries_at).checked_div(ENTRY_BYTES).unwrap_or(0);
    let listed = count.min(room).min(MOST_ENTRIES);
    let bytes = read_vec(source, entries_at, listed.saturating_mul(ENTRY_BYTES), scratch)
        .map_err(unreadable)?;
    let sectors = claim_ranges(&bytes, place, claims)?;
    claims.extend(unlisted(count, listed));
    Ok(Some(sectors_lost(NAME, place, sectors)))
}

/// Claims the ranges of all entries. Returns how many sectors they have.
fn claim_ranges(bytes: &[u8], place: u64, claims: &mut Vec<Claim>) -> Result<u64, Problem> {
    let mut sectors = 0_u64;
    for entry in bytes.as_chunks::<8>().0 {
        let entry = Structure::new(NAME, place, entry);
        let first = u64::from(entry.u32_le(0)?);
        let number = u64::from(entry.u32_le(4)?);
        sectors = sectors.saturating_add(number);
        claims.push(range(first, number));
    }
    Ok(sectors)
}

/// The claim that ranges are not listed, if there are such.
pub(crate) fn unlisted(count: u64, listed: u64) -> Option<Claim> {
    let value = format!("{} more ranges are not listed", count.saturating_sub(listed));
    (listed < count).then_some(Claim { field: FIELD, value })
}

/// The problem for all ranges of a table at byte `at`.
pub(crate) fn sectors_lost(structure: &'static str, at: u64, sectors: u64) -> Problem {
    let field = "number of sectors that could not be read at acquisition";
    let expected = Expected::Exactly(0);
    Problem::note(structure, at, ProblemKind::Value { field, expected, found: sectors })
}

/// The claim for `number` sectors from sector `first` on.
pub(crate) fn range(first: u64, number: u64) -> Claim {
    let last = first.saturating_add(number).saturating_sub(1);
    Claim { field: FIELD, value: format!("{first} to {last} ({number} sectors)") }
}
