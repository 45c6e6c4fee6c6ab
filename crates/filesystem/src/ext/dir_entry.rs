//! Directory entries (`ext4_dir_entry_2`) in one block, and the remains of deleted ones behind them.

use std::ops::Range;

use byte_source::{Expected, Problem, ProblemKind, Structure, length};

/// Bytes of an entry before its name.
const HEADER_BYTES: usize = 8;
/// `file_type` at most (a symbolic link).
const MOST_FILE_TYPE: u8 = 7;

/// What entries are checked against.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// Does byte 7 hold `file_type`? Without that feature it holds anything: names have at most 255 bytes, and Linux reads byte 6 alone.
    pub(super) has_file_type: bool,
    pub(super) s_inodes_count: u32,
    pub(super) s_first_ino: u32,
}

/// An entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DirEntry<'b> {
    pub(super) inode: u32,
    pub(super) name: &'b [u8],
    /// Byte offset in the volume.
    pub(super) at: u64,
    rec_len: usize,
}

impl DirEntry<'_> {
    fn names_a_directory_itself(&self) -> bool {
        matches!(self.name, b"." | b"..")
    }
}

/// Hands over the entries in use of one block, `.` and `..` left out. Returns the unused ranges, where deleted entries may be left.
///
/// `index` says that the block may begin with a node of a hash index, whose bytes are no entries.
///
/// # Errors
/// The first entry that makes the rest of the block unreadable, with the ranges so far.
pub(super) fn read_entries<'b>(
    block: &Structure<'b>,
    rules: &Rules,
    index: bool,
    each: &mut dyn FnMut(DirEntry<'b>),
) -> (Vec<Range<usize>>, Result<(), Problem>) {
    let mut unused = Vec::new();
    let mut at = 0_usize;
    while at.saturating_add(HEADER_BYTES) <= block.len() {
        let entry = match read_entry(block, at, rules) {
            Ok(entry) => entry,
            Err(problem) => {
                unused.push(at..block.len());
                return (unused, Err(problem));
            }
        };
        let end = at.saturating_add(entry.rec_len);
        let from = used_end(block, at, &entry, index);
        if from < end {
            unused.push(from..end);
        }
        if entry.inode != 0 && !entry.names_a_directory_itself() {
            each(entry);
        }
        at = end;
    }
    (unused, Ok(()))
}

/// Where the bytes end that the entry at byte `at` of the block uses; with `index`, a node of a hash index is among them.
#[inline]
fn used_end(block: &Structure<'_>, at: usize, entry: &DirEntry<'_>, index: bool) -> usize {
    let is_used = entry.inode != 0;
    let used =
        if is_used { entry.name.len().next_multiple_of(4).saturating_add(HEADER_BYTES) } else { 0 };
    let from = at.saturating_add(used);
    let is_last = at.saturating_add(entry.rec_len) == block.len();
    if index && is_last && (entry.name == b".." || !is_used && at == 0) {
        return index_end(block, from.max(HEADER_BYTES));
    }
    from
}

/// Hands over what looks like entries in an unused range of a block; the inode number is 0 where it was cleared.
pub(super) fn carve_entries<'b>(
    block: &Structure<'b>,
    range: Range<usize>,
    rules: &Rules,
    each: &mut dyn FnMut(DirEntry<'b>),
) {
    let mut at = range.start.next_multiple_of(4);
    while at.saturating_add(HEADER_BYTES) < range.end {
        let found = read_entry(block, at, rules).ok().filter(|entry| {
            let end = at.saturating_add(HEADER_BYTES).saturating_add(entry.name.len());
            end <= range.end && plausible(entry, rules) && file_type_fits(block, at, rules)
        });
        let Some(entry) = found else {
            at = at.saturating_add(4);
            continue;
        };
        each(entry);
        at = at.saturating_add(HEADER_BYTES).saturating_add(entry.name.len().next_multiple_of(4));
    }
}

/// Can this be a deleted entry? The first of a block keeps its name but loses its inode number; then the name must be text.
fn plausible(entry: &DirEntry<'_>, rules: &Rules) -> bool {
    let wrong_bytes = entry.name.iter().any(|byte| matches!(byte, 0 | b'/'));
    let is_text =
        || std::str::from_utf8(entry.name).is_ok_and(|name| !name.chars().any(char::is_control));
    let named = !entry.name.is_empty() && !entry.names_a_directory_itself() && !wrong_bytes;
    named && (entry.inode >= rules.s_first_ino || entry.inode == 0 && is_text())
}

fn file_type_fits(block: &Structure<'_>, at: usize, rules: &Rules) -> bool {
    let file_type = block.u8(at.saturating_add(7)).unwrap_or(u8::MAX);
    let least = u8::from(rules.has_file_type);
    (least..=MOST_FILE_TYPE).contains(&file_type)
}

/// The entry at byte `at` of the block.
fn read_entry<'b>(
    block: &Structure<'b>,
    at: usize,
    rules: &Rules,
) -> Result<DirEntry<'b>, Problem> {
    let inode = block.u32_le(at)?;
    let rec_len = record_length(block.u16_le(at.saturating_add(4))?, block.len());
    let name_len = usize::from(block.u8(at.saturating_add(6))?);
    let here = block.at().saturating_add(length(at));
    let room = block.len().saturating_sub(at);
    if let Some(kind) = entry_problem(rules, inode, rec_len, name_len, room) {
        return Err(Problem::damage("directory entry", here, kind));
    }
    // An unused entry may have any name length.
    let name_len =
        if inode == 0 && HEADER_BYTES.saturating_add(name_len) > rec_len { 0 } else { name_len };
    let name = block.bytes(at.saturating_add(HEADER_BYTES), name_len)?;
    Ok(DirEntry { inode, name, at: here, rec_len })
}

/// What is wrong with the fields of an entry that has `room` bytes up to the end of its block.
#[inline]
fn entry_problem(
    rules: &Rules,
    inode: u32,
    rec_len: usize,
    name_len: usize,
    room: usize,
) -> Option<ProblemKind> {
    let needed = if inode == 0 { HEADER_BYTES } else { HEADER_BYTES.saturating_add(name_len) };
    if rec_len < needed.max(HEADER_BYTES) || rec_len > room || !rec_len.is_multiple_of(4) {
        let expected = Expected::Within(length(needed.next_multiple_of(4)), length(room));
        return Some(ProblemKind::Value { field: "rec_len", expected, found: length(rec_len) });
    }
    if inode > rules.s_inodes_count {
        let expected = Expected::Within(0, rules.s_inodes_count.into());
        return Some(ProblemKind::Value { field: "inode", expected, found: inode.into() });
    }
    let expected = Expected::Within(1, 255);
    let is_nameless = inode != 0 && name_len == 0;
    is_nameless.then_some(ProblemKind::Value { field: "name_len", expected, found: 0 })
}

/// `rec_len`: in blocks of 64 KiB, 0 and 65535 stand for the whole block and the low bits are the high ones.
fn record_length(stored: u16, block_bytes: usize) -> usize {
    if block_bytes < 0x1_0000 {
        usize::from(stored)
    } else if matches!(stored, 0 | u16::MAX) {
        block_bytes
    } else {
        usize::from(stored & !3) | usize::from(stored & 3) << 16
    }
}

/// Where the entries of a hash index node end, whose header begins at or behind byte `from`.
fn index_end(block: &Structure<'_>, from: usize) -> usize {
    // The root has `dx_root_info` (8 bytes) behind "..", then, like inner nodes, limit and count of its entries of 8 bytes.
    let limits = if from > HEADER_BYTES { from.saturating_add(8) } else { from };
    let count = block.u16_le(limits.saturating_add(2)).map_or(0, usize::from);
    limits.saturating_add(count.saturating_mul(8)).min(block.len())
}
