//! Slots at the end of a group's inode table that were never used, by its descriptor
//! (`bg_itable_unused`), and what contradicts it.

use byte_source::{Expected, Problem, ProblemKind, Scratch, index};
use words::term;

use super::group::Group;
use super::inode::Inode;
use super::inode_table::with_inode;
use super::reader::Ext;
use crate::RecordKind;

impl Ext {
    /// The bitmap has inodes where the descriptor has none: `behind` slots hold them all. Nothing
    /// is lost, as they are read.
    pub(super) fn used_behind_the_unused(&self, group: &Group, behind: u64) -> Problem {
        let all = u64::from(self.volume.superblock.s_inodes_per_group);
        let expected = Expected::Within(0, all.saturating_sub(behind));
        let found = group.bg_itable_unused.into();
        let kind = ProblemKind::Value { field: "bg_itable_unused of this group", expected, found };
        Problem::note("inode bitmap", self.volume.offset(group.bg_inode_bitmap), kind)
    }

    /// Is this inode in a part of the inode table that was never written?
    pub(super) fn was_never_used(&self, number: u64, scratch: &mut Scratch) -> bool {
        if self.volume.fast.in_use(number) == Some(true) {
            return false;
        }
        let (group, within) = self.volume.superblock.place_of_inode(number);
        let group = self.groups.get(index(group));
        let counted = group.is_none_or(|group| {
            !group.known
                || !group.inode_uninit && within < group.counted_slots(&self.volume.superblock)
        });
        !counted && self.bit_of(number, scratch) != Some(true)
    }

    /// Tells what is wrong with the group of an inode that a name leads to, though its group says
    /// that it was never used.
    pub(super) fn past_unused(&self, number: u64) -> Vec<Problem> {
        let (group, _) = self.volume.superblock.place_of_inode(number);
        let Some(descriptor) = self.groups.get(index(group)) else { return Vec::new() };
        let at = self.volume.offset(descriptor.bg_inode_bitmap);
        let problem = |structure, field, found| {
            let expected = Expected::Rule(term!("ext.none-names-lead-there-read"));
            Problem::damage(structure, at, ProblemKind::Value { field, expected, found })
        };
        let of_bitmap = "number of an inode in use that this bitmap does not know";
        let of_group = if descriptor.inode_uninit {
            "number of the group that says that an inode in use was never used (INODE_UNINIT)"
        } else {
            "number of the group that says that an inode in use was never used (bg_itable_unused)"
        };
        vec![problem("inode bitmap", of_bitmap, number), problem("inode bitmap", of_group, group)]
    }

    /// Does a slot that counts as never used hold an inode in use, and not what was on the medium
    /// before? With `metadata_csum` its checksum proves it, which covers the file system's UUID and
    /// the number. Without, it was changed since the file system was made.
    pub(super) fn proves_itself(&self, number: u64, scratch: &mut Scratch) -> bool {
        let fast = &self.volume.fast;
        if fast.inode(number).is_some() || fast.in_use(number) == Some(false) {
            return false;
        }
        let superblock = &self.volume.superblock;
        let proven = with_inode(&self.volume, &self.groups, number, scratch, |inode, _| {
            let in_use = inode.kind() != RecordKind::Unknown
                && inode.i_links_count > 0
                && inode.i_dtime == 0;
            let whole = match inode.checksum_seed(superblock) {
                Some(_) => inode.checksum_problem(superblock).is_none(),
                None => is_plausible(inode, superblock.s_mkfs_time),
            };
            in_use && whole
        });
        proven.unwrap_or(false)
    }
}

/// Are the times of an inode without checksum those of an inode of this file system? Only the clock
/// sets `i_ctime`.
fn is_plausible(inode: &Inode<'_>, s_mkfs_time: u32) -> bool {
    let time = |at| inode.bytes.u32_le(at).unwrap_or(0);
    let [i_atime, i_ctime, i_mtime] = [time(0x8), time(0xc), time(0x10)];
    i_atime != 0 && i_mtime != 0 && i_ctime >= s_mkfs_time.max(1)
}
