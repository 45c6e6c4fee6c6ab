//! The copies of the file allocation table, compared with the active one.

use byte_source::{Expected, Problem, ProblemKind, Scratch, index, length, read_vec};

use crate::Found;

use super::Table;

/// Bytes of two copies of the table that are compared at once.
const BLOCK_BYTES: u64 = 64 << 10;

/// Reports each copy of the table that differs from the active one, with the first entry that does.
pub(super) fn compare_copies(table: &Table, scratch: &mut Scratch, each: &mut dyn FnMut(Found)) {
    for copy in table.copies.iter().skip(1) {
        if let Some(problem) = first_difference(table, *copy, scratch) {
            each(Found::Problem(problem));
        }
    }
}

fn first_difference(table: &Table, copy: u64, scratch: &mut Scratch) -> Option<Problem> {
    let active = table.copies.first().copied()?;
    let mut offset = 0;
    while offset < table.used_bytes() {
        let count = table.used_bytes().saturating_sub(offset).min(BLOCK_BYTES);
        let mut read = |start: u64| read_part(table, start.saturating_add(offset), count, scratch);
        match (read(active), read(copy)) {
            (Ok(one), Ok(other)) => {
                let differs = one.iter().zip(&other).position(|(one, other)| one != other);
                if let Some(place) = differs {
                    let place = offset.saturating_add(length(place));
                    return Some(difference(table, copy, place, &one, &other, offset));
                }
            }
            (Err(problem), _) | (_, Err(problem)) => return Some(problem),
        }
        offset = offset.saturating_add(count);
    }
    None
}

fn read_part(
    table: &Table,
    at: u64,
    count: u64,
    scratch: &mut Scratch,
) -> Result<Vec<u8>, Problem> {
    read_vec(&*table.volume, at, count, scratch)
        .map_err(|why| Problem::note("file allocation table", at, ProblemKind::Unreadable(why)))
}

/// Names the cluster whose entry differs: the byte before it in the table, then its value in both
/// copies.
fn difference(
    table: &Table,
    copy: u64,
    place: u64,
    one: &[u8],
    other: &[u8],
    block: u64,
) -> Problem {
    let cluster = place.saturating_mul(8).checked_div(table.format.bits()).unwrap_or(0);
    let cluster = u32::try_from(cluster).unwrap_or(u32::MAX);
    let entry = table.format.offset(cluster);
    let value = |bytes: &[u8]| {
        let bytes = bytes.get(index(entry.saturating_sub(block))..).unwrap_or_default();
        table.format.decode(cluster, bytes).map_or(0, u64::from)
    };
    let expected = Expected::Exactly(value(one));
    let kind = ProblemKind::Value {
        field: "first entry that differs from the active copy",
        expected,
        found: value(other),
    };
    Problem::note("file allocation table", copy.saturating_add(entry), kind)
}
