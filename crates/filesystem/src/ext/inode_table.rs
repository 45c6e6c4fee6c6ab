//! Where inodes lie.

use std::borrow::Cow;

use byte_source::{Expected, Problem, ProblemKind, Scratch, Structure, index};
use words::term;

use super::group::Group;
use super::inode::Inode;
use super::volume::Volume;

/// Byte offset of an inode, by its number.
///
/// # Errors
/// A number that the file system does not have, or whose group descriptor is lost.
pub(super) fn inode_at(volume: &Volume, groups: &[Group], number: u64) -> Result<u64, Problem> {
    let superblock = &volume.superblock;
    let last = u64::from(superblock.s_inodes_count);
    if number == 0 || number > last {
        let expected = Expected::Within(1, last);
        let kind = ProblemKind::Value { field: "inode number", expected, found: number };
        return Err(Problem::damage("inode table", 0, kind));
    }
    let slot = number.saturating_sub(1);
    let per_group = u64::from(superblock.s_inodes_per_group).max(1);
    let group = slot.checked_div(per_group).unwrap_or(0);
    let Some(group) = groups.get(index(group)).filter(|group| group.known) else {
        let kind = ProblemKind::Inconsistent(term!("ext.group-descriptor-lost"));
        return Err(Problem::damage("inode table", 0, kind));
    };
    let within = slot.checked_rem(per_group).unwrap_or(0);
    let table = volume.offset(group.bg_inode_table);
    Ok(table.saturating_add(within.saturating_mul(superblock.s_inode_size.into())))
}

/// Reads one inode and hands it to `take`.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn with_inode<T>(
    volume: &Volume,
    groups: &[Group],
    number: u64,
    scratch: &mut Scratch,
    take: impl FnOnce(&Inode<'_>, &mut Scratch) -> T,
) -> Result<T, Problem> {
    let at = inode_at(volume, groups, number)?;
    let end = at.saturating_add(volume.superblock.s_inode_size.into());
    let bytes = match volume.fast.inode(number) {
        Some(changed) => Cow::Borrowed(changed),
        None => volume.bytes("inode", at..end, scratch)?,
    };
    let inode = Inode::parse(Structure::new("inode", at, &bytes), number, &volume.superblock)?;
    Ok(take(&inode, scratch))
}
