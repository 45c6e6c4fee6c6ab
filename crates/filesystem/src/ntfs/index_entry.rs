//! Index entries of a directory (`$I30`): a reference to the file and its `$FILE_NAME` as the key.

use std::ops::Range;

use byte_source::{Structure, length};

use super::file_name::{FIXED_BYTES, FileName};
use super::file_reference::FileReference;
use super::placement::Placement;

/// Bytes before the key.
const HEADER_BYTES: usize = 16;

/// The last entry of a node, which has no key.
const LAST: u16 = 2;

/// An entry with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexEntry<'a> {
    pub(super) child: FileReference,
    pub(super) name: FileName<'a>,
}

/// The entries of a node's area in use, in order. Ends at the last entry, or where the chain of
/// entries breaks.
pub(super) fn live<'a>(
    node: &Structure<'a>,
    area: Range<usize>,
    place: &Placement,
) -> Vec<IndexEntry<'a>> {
    let mut entries = Vec::new();
    let mut offset = area.start;
    // Every entry is 16 bytes long or longer: the node's length bounds the loop.
    while offset < area.end {
        let Ok(bytes) = node.u16_le(offset.saturating_add(8)) else { break };
        let Ok(flags) = node.u16_le(offset.saturating_add(12)) else { break };
        if flags & LAST != 0 || usize::from(bytes) < HEADER_BYTES {
            break;
        }
        entries.extend(entry(node, offset, place));
        offset = offset.saturating_add(usize::from(bytes));
    }
    entries
}

/// What looks like an entry of `directory` in an area that is not in use. Entries begin at
/// multiples of 8.
pub(super) fn stale<'a>(
    node: &Structure<'a>,
    area: Range<usize>,
    directory: FileReference,
    place: &Placement,
) -> Vec<IndexEntry<'a>> {
    let mut entries = Vec::new();
    let start = area.start.checked_next_multiple_of(8).unwrap_or(area.end);
    for offset in (start..area.end).step_by(8) {
        // The parent in the key is what tells an entry from other bytes fastest.
        let parent = node.u64_le(offset.saturating_add(HEADER_BYTES)).map(FileReference::new);
        if parent == Ok(directory) {
            entries.extend(
                entry(node, offset, place).filter(|entry| is_plausible(node, offset, entry)),
            );
        }
    }
    entries
}

/// Returns the keys of `directory` in an area that is not in use whose headers the mark of a node's
/// end has overwritten: the names that were the last ones of the node when they were deleted or
/// moved. Which records they named is lost.
pub(super) fn headless<'a>(
    node: &Structure<'a>,
    area: Range<usize>,
    directory: FileReference,
    place: &Placement,
) -> Vec<FileName<'a>> {
    let mut names = Vec::new();
    let start = area.start.checked_next_multiple_of(8).unwrap_or(area.end);
    for key_at in (start..area.end).step_by(8) {
        let is_key = node.u64_le(key_at).map(FileReference::new) == Ok(directory);
        let header_at = key_at.checked_sub(HEADER_BYTES);
        if is_key && header_at.is_some_and(|header_at| is_end_mark(node, header_at)) {
            names.extend(key(node, key_at, place).filter(is_plausible_name));
        }
    }
    names
}

/// Is this the last entry of a node: 16 bytes long, without a key?
fn is_end_mark(node: &Structure<'_>, offset: usize) -> bool {
    let field = |at: usize| node.u16_le(offset.saturating_add(at));
    field(8).map(usize::from) == Ok(HEADER_BYTES)
        && field(10) == Ok(0)
        && field(12).is_ok_and(|flags| flags & LAST != 0)
}

/// The key at `offset`, whatever its header says.
fn key<'a>(node: &Structure<'a>, offset: usize, place: &Placement) -> Option<FileName<'a>> {
    let units = usize::from(node.u8(offset.checked_add(0x40)?).ok()?);
    let bytes = FIXED_BYTES.saturating_add(units.saturating_mul(2));
    let key = node.part("index entry", offset, bytes).ok()?;
    FileName::parse(&key, place.at(offset)).ok()
}

fn entry<'a>(node: &Structure<'a>, offset: usize, place: &Placement) -> Option<IndexEntry<'a>> {
    let key_bytes = usize::from(node.u16_le(offset.checked_add(10)?).ok()?);
    let key = node.part("index entry", offset.checked_add(HEADER_BYTES)?, key_bytes).ok()?;
    let name = FileName::parse(&key, place.at(offset)).ok()?;
    Some(IndexEntry { child: FileReference::new(node.u64_le(offset).ok()?), name })
}

/// Fields that no accident fills like this: lengths that fit each other, and a plausible name.
fn is_plausible(node: &Structure<'_>, offset: usize, entry: &IndexEntry<'_>) -> bool {
    let field = |at: usize| node.u16_le(offset.saturating_add(at)).map_or(0, usize::from);
    let entry_bytes = field(8);
    let key_bytes = field(10);
    is_plausible_name(&entry.name)
        && key_bytes == FIXED_BYTES.saturating_add(entry.name.name.len())
        && entry_bytes >= HEADER_BYTES.saturating_add(key_bytes)
        && length(entry_bytes).is_multiple_of(8)
        && entry.child.sequence != 0
        && entry.child.number != entry.name.parent.number
}

/// A name, a namespace there is, and four dates.
fn is_plausible_name(name: &FileName<'_>) -> bool {
    let dates = [name.times.created, name.times.modified, name.times.changed, name.times.accessed];
    !name.name.is_empty()
        && name.namespace <= 3
        && dates.iter().all(|date| date.is_some_and(|date| date.unix_ns.is_some()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An entry for the file 40 (sequence 3) named `name` in the directory `parent`.
    pub(in crate::ntfs) fn raw(name: &str, parent: u64) -> Vec<u8> {
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let key = FIXED_BYTES + units.len();
        let whole = (HEADER_BYTES + key).next_multiple_of(8);
        let mut entry = vec![0; whole];
        entry[..8].copy_from_slice(&(3_u64 << 48 | 40).to_le_bytes());
        entry[8..10].copy_from_slice(&(whole as u16).to_le_bytes());
        entry[10..12].copy_from_slice(&(key as u16).to_le_bytes());
        entry[16..24].copy_from_slice(&parent.to_le_bytes());
        for date in entry[24..56].chunks_exact_mut(8) {
            date.copy_from_slice(&132_000_000_000_000_000_u64.to_le_bytes());
        }
        (entry[0x50], entry[0x51]) = (name.len() as u8, 1);
        entry[0x52..0x52 + units.len()].copy_from_slice(&units);
        entry
    }

    #[test]
    fn entries_end_at_the_last_one_and_stale_ones_are_found_behind_it() {
        let directory = 5_u64 << 48 | 30;
        let mut last = vec![0; 16];
        (last[8], last[12]) = (16, 2);
        let mut other_date = raw("no date", directory);
        other_date[24..32].fill(0);
        let node =
            [raw("live", directory), last, raw("stale", directory), raw("other", 7), other_date]
                .concat();
        let structure = Structure::new("INDX", 0, &node);
        let place = Placement::whole(10_000);
        let names = |entries: Vec<IndexEntry<'_>>| -> Vec<(String, u64)> {
            let name = |entry: IndexEntry<'_>| {
                (
                    case_model::readable_name(entry.name.name, case_model::NameEncoding::Utf16Le),
                    entry.name.at,
                )
            };
            entries.into_iter().map(name).collect()
        };
        let reference = FileReference::new(directory);
        assert_eq!(names(live(&structure, 0..node.len(), &place)), [("live".to_owned(), 10_000)]);
        let found = names(stale(&structure, 104..node.len(), reference, &place));
        assert_eq!(found, [("stale".to_owned(), 10_000 + 96 + 16)]);
    }

    #[test]
    fn a_name_whose_header_the_end_mark_overwrote_is_found() {
        let directory = 5_u64 << 48 | 30;
        let mut node =
            [raw("live", directory), raw("gone", directory), raw("later", directory)].concat();
        let structure_end = node.len();
        let second = raw("live", directory).len();
        // What the deletion of the last entries left: the mark moved forward over the header of the
        // first of them.
        let mut end_mark = [0; 16];
        (end_mark[8], end_mark[12]) = (16, 2);
        node[second..second + 16].copy_from_slice(&end_mark);
        let structure = Structure::new("INDX", 0, &node);
        let place = Placement::whole(10_000);
        let area = second + 16..structure_end;
        let found = |reference| {
            let names = headless(&structure, area.clone(), FileReference::new(reference), &place);
            let name = |name: &FileName<'_>| {
                (case_model::readable_name(name.name, case_model::NameEncoding::Utf16Le), name.at)
            };
            names.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(found(directory), [("gone".to_owned(), 10_000 + second as u64 + 16)]);
        assert_eq!(found(7), [], "of another directory");
        let stale = stale(&structure, area, FileReference::new(directory), &place);
        assert_eq!(stale.len(), 1, "the entry behind it still has its header");
    }
}
