//! Slots at the end of a group's inode table that were never used, by its descriptor (`bg_itable_unused`), and what contradicts it.

use byte_source::{Expected, Problem, ProblemKind, Scratch, index};

use super::file_system::Ext;
use super::group::Group;

impl Ext {
    /// The bitmap has inodes where the descriptor has none: `behind` slots hold them all. Nothing is lost, as they are read.
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
        let per_group = u64::from(self.volume.superblock.s_inodes_per_group).max(1);
        let slot = number.saturating_sub(1);
        let group = self.groups.get(index(slot.checked_div(per_group).unwrap_or(0)));
        let within = slot.checked_rem(per_group).unwrap_or(0);
        let counted = group.is_none_or(|group| {
            !group.known || !group.inode_uninit && within < group.counted_slots(&self.volume.superblock)
        });
        !counted && self.bit_of(number, scratch) != Some(true)
    }
}
