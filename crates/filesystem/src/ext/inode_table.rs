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
    if number == 0 || number > volume.superblock.s_inodes_count.into() {
        let expected = Expected::Within(1, volume.superblock.s_inodes_count.into());
        let kind = ProblemKind::Value { field: "inode number", expected, found: number };
        return Err(Problem::damage("inode table", 0, kind));
    }
    let slot = number.saturating_sub(1);
    let per_group = u64::from(volume.superblock.s_inodes_per_group).max(1);
    let group = slot.checked_div(per_group).unwrap_or(0);
    let within = slot.checked_rem(per_group).unwrap_or(0);
    let known = groups.get(index(group)).filter(|group| group.known);
    let table = known.ok_or_else(|| {
        Problem::damage("inode table", 0, ProblemKind::Inconsistent(term!("ext.group-descriptor-lost")))
    })?;
    let table = volume.offset(table.bg_inode_table);
    Ok(table.saturating_add(within.saturating_mul(volume.superblock.s_inode_size.into())))
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
