//! Extended attributes: behind the inode's fields, and in one block shared by inodes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use byte_source::{Expected, OutOfBounds, Problem, ProblemKind, Scratch, Structure, length};
use case_model::{NameEncoding, readable_name};
use words::term;

use super::crc::crc32c;
use super::feature::INCOMPAT_EA_INODE;
use super::inode::Inode;
use super::problems::Problems;
use super::superblock::Superblock;
use super::volume::Volume;
use crate::Detail;

/// `h_magic`.
const MAGIC: u32 = 0xea02_0000;
/// Bytes of `ext4_xattr_header`.
const BLOCK_HEADER_BYTES: usize = 32;
/// Bytes of `ext4_xattr_entry` before the name.
const ENTRY_BYTES: usize = 16;
/// `e_name_index` and the prefix it stands for.
const PREFIXES: [(u8, &str); 9] = [
    (0, ""),
    (1, "user."),
    (2, "system.posix_acl_access"),
    (3, "system.posix_acl_default"),
    (4, "trusted."),
    (6, "security."),
    (7, "system."),
    (8, "system.richacl"),
    (9, "encryption."),
];

/// The extended attributes of an inode.
#[derive(Default)]
pub(super) struct Xattrs {
    /// One a name.
    pub(super) details: Vec<Detail>,
    /// The value of `system.data` and its byte offset in the volume: what of inline data does not fit into `i_block`.
    pub(super) system_data: Option<(Vec<u8>, u64)>,
}

/// `ext4_xattr_entry`.
struct Entry<'b> {
    name: &'b [u8],
    e_name_index: u8,
    e_value_offs: u16,
    e_value_inum: u32,
    e_value_size: u32,
    /// Byte offset in the volume.
    at: u64,
    /// Offset of the next entry in the area.
    next: usize,
}

/// Reads all extended attributes of an inode.
pub(super) fn read_xattrs(
    volume: &Volume,
    inode: &Inode<'_>,
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> Xattrs {
    let mut xattrs = Xattrs::default();
    extra_size_problem(inode).into_iter().for_each(|problem| problems.push(problem));
    if let Some(area) = inode_area(inode) {
        // Values count from the first entry, behind the magic number.
        take_entries(&area, 0, &volume.superblock, &mut xattrs, problems);
    }
    if inode.i_file_acl == 0 {
        return xattrs;
    }
    let block = read_block(volume, inode, problems, scratch);
    if let Some(bytes) = problems.take(block) {
        let block = Structure::new("xattr block", volume.offset(inode.i_file_acl), &bytes);
        take_entries(&block, BLOCK_HEADER_BYTES, &volume.superblock, &mut xattrs, problems);
    }
    xattrs
}

/// Does `i_extra_isize` leave the inode? Then nobody knows where its attributes begin.
fn extra_size_problem(inode: &Inode<'_>) -> Option<Problem> {
    let room = inode.bytes.len().saturating_sub(128);
    let fits = usize::from(inode.i_extra_isize) <= room && inode.i_extra_isize.is_multiple_of(4);
    let expected = Expected::Rule(term!("ext.multiple-4-inside-inode"));
    let kind =
        ProblemKind::Value { field: "i_extra_isize", expected, found: inode.i_extra_isize.into() };
    (!fits).then(|| inode.bytes.damage(kind))
}

/// The part of the inode where extended attributes lie, when there are any.
fn inode_area<'b>(inode: &Inode<'b>) -> Option<Structure<'b>> {
    let start = 128_usize.checked_add(inode.i_extra_isize.into())?;
    let count = inode.bytes.len().checked_sub(start)?;
    if inode.bytes.len() <= 128 || inode.bytes.u32_le(start).ok()? != MAGIC {
        return None;
    }
    inode.bytes.part("xattrs in the inode", start.checked_add(4)?, count.checked_sub(4)?).ok()
}

/// Reads the block of extended attributes.
fn read_block<'v>(
    volume: &'v Volume,
    inode: &Inode<'_>,
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> Result<Cow<'v, [u8]>, Problem> {
    let found = inode.i_file_acl;
    if !volume.superblock.holds_block(found) {
        let expected = Expected::Within(1, volume.superblock.s_blocks_count.saturating_sub(1));
        return Err(inode.bytes.wrong_value("i_file_acl", expected, found));
    }
    let bytes = volume.block("xattr block", found, scratch)?;
    let block = Structure::new("xattr block", volume.offset(found), &bytes);
    let magic = block.u32_le(0)?;
    if magic != MAGIC {
        return Err(block.wrong_value("h_magic", Expected::Exactly(MAGIC.into()), magic.into()));
    }
    if let Some(seed) = volume.superblock.checksum_seed() {
        let wrong = block_checksum_problem(&block, found, seed)?;
        wrong.into_iter().for_each(|wrong| problems.push(wrong));
    }
    Ok(bytes)
}

/// Compares `h_checksum` of the block of that number.
fn block_checksum_problem(
    block: &Structure<'_>,
    number: u64,
    seed: u32,
) -> Result<Option<Problem>, OutOfBounds> {
    let register = crc32c(crc32c(seed, &number.to_le_bytes()), block.bytes(0, 0x10)?);
    let computed = crc32c(crc32c(register, &[0; 4]), block.from(0x14)?);
    Ok(block.wrong_checksum("h_checksum", block.u32_le(0x10)?, computed))
}

/// Takes the entries from byte `first` of `area` on; values count from its start. Values lie behind the entries, each on bytes of its own: what
/// does not is damage, as it is for e2fsck, and no value.
fn take_entries(
    area: &Structure<'_>,
    first: usize,
    superblock: &Superblock,
    xattrs: &mut Xattrs,
    problems: &mut Problems,
) {
    let mut entries = Vec::new();
    let end = problems.take(read_entries(area, first, &mut entries));
    // Where the entries have no end, the room behind the last readable one is all that values may take.
    let behind = end.unwrap_or(entries.last().map_or(first, |entry: &Entry<'_>| entry.next));
    let mut values = Values { area, behind, taken: BTreeMap::new() };
    for entry in &entries {
        if entry.e_value_inum != 0 {
            inode_problem(entry, superblock).into_iter().for_each(|problem| problems.push(problem));
            let value = format!("{} bytes in inode {}", entry.e_value_size, entry.e_value_inum);
            xattrs.details.push(Detail { name: full_name(entry), value });
        } else if let Some(value) = problems.take(values.place(entry)) {
            take_value(entry, &value, xattrs);
        }
    }
}

/// Where the values of an area lie.
struct Values<'b, 'a> {
    area: &'a Structure<'b>,
    /// First byte behind the entries.
    behind: usize,
    /// Bytes of the values so far: first one, and one behind the last.
    taken: BTreeMap<usize, usize>,
}

/// Can the value lie in the inode that the entry names?
fn inode_problem(entry: &Entry<'_>, superblock: &Superblock) -> Option<Problem> {
    let found = entry.e_value_inum;
    let allowed = superblock.s_first_ino..=superblock.s_inodes_count;
    let expected = if !superblock.incompat(INCOMPAT_EA_INODE) {
        Expected::Exactly(0)
    } else if allowed.contains(&found) {
        return None;
    } else {
        Expected::Within((*allowed.start()).into(), (*allowed.end()).into())
    };
    let kind = ProblemKind::Value { field: "e_value_inum", expected, found: found.into() };
    Some(Problem::damage("xattr entry", entry.at, kind))
}

/// Reads the entries up to the zero word that ends them. Returns the first byte behind it.
///
/// # Errors
/// When an entry, or the end, does not lie inside the area.
fn read_entries<'b>(
    area: &Structure<'b>,
    first: usize,
    entries: &mut Vec<Entry<'b>>,
) -> Result<usize, OutOfBounds> {
    let mut at = first;
    while area.u32_le(at)? != 0 {
        let entry = read_entry(area, at)?;
        at = entry.next;
        entries.push(entry);
    }
    Ok(at.saturating_add(4))
}

impl<'b> Values<'b, '_> {
    /// The bytes of a value.
    ///
    /// # Errors
    /// When it lies over the entries, over another value, or behind the end.
    fn place(&mut self, entry: &Entry<'b>) -> Result<Structure<'b>, Problem> {
        let size = usize::try_from(entry.e_value_size).unwrap_or(usize::MAX);
        let start = usize::from(entry.e_value_offs);
        if size == 0 {
            // The place of an empty value says nothing.
            return Ok(self.area.part("xattr value", 0, 0)?);
        }
        let value = self.area.part("xattr value", start, size)?;
        let end = start.saturating_add(size);
        let before = self.taken.range(..end).next_back();
        let rule = if start < self.behind {
            term!("ext.behind-entries")
        } else if before.is_some_and(|(_, before)| *before > start) {
            term!("ext.no-bytes-another-value")
        } else {
            self.taken.insert(start, end);
            return Ok(value);
        };
        let expected = Expected::Rule(rule);
        let kind = ProblemKind::Value { field: "e_value_offs", expected, found: length(start) };
        Err(Problem::damage("xattr entry", entry.at, kind))
    }
}

fn take_value(entry: &Entry<'_>, value: &Structure<'_>, xattrs: &mut Xattrs) {
    if entry.e_name_index == 7 && entry.name == b"data" {
        xattrs.system_data = Some((value.all().to_vec(), value.at()));
        return;
    }
    xattrs.details.push(Detail { name: full_name(entry), value: readable(value.all()) });
}

/// The entry at byte `at`.
fn read_entry<'b>(area: &Structure<'b>, at: usize) -> Result<Entry<'b>, OutOfBounds> {
    let name_length = usize::from(area.u8(at)?);
    let field = |offset: usize| at.saturating_add(offset);
    Ok(Entry {
        name: area.bytes(field(ENTRY_BYTES), name_length)?,
        e_name_index: area.u8(field(1))?,
        e_value_offs: area.u16_le(field(2))?,
        e_value_inum: area.u32_le(field(4))?,
        e_value_size: area.u32_le(field(8))?,
        at: area.at().saturating_add(length(at)),
        next: field(ENTRY_BYTES).saturating_add(name_length.next_multiple_of(4)),
    })
}

fn full_name(entry: &Entry<'_>) -> String {
    let prefix = PREFIXES.iter().find(|(number, _)| *number == entry.e_name_index);
    let name = readable_name(entry.name, NameEncoding::Bytes);
    match prefix {
        Some((_, prefix)) => format!("xattr {prefix}{name}"),
        None => format!("xattr {}.{name}", entry.e_name_index),
    }
}

/// Text as it is (a closing NUL left out, as SELinux labels have one), anything else as hexadecimal digits.
fn readable(value: &[u8]) -> String {
    let text = value.strip_suffix(b"\0").unwrap_or(value);
    match std::str::from_utf8(text) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => value.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
