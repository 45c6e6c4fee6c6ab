//! What the inode bitmaps count.

use byte_source::{Expected, Problem, ProblemKind, Scratch};
use words::term;

use super::bitmap::inode_bitmap;
use super::group::Group;
use super::problems::Problems;
use super::reader::Ext;
use crate::{Census, Tally};

impl Ext {
    /// Counts the inode bitmaps, and compares with the counts of the descriptors and the superblock.
    pub(super) fn count_inodes(&self, scratch: &mut Scratch) -> Census {
        let mut problems = Problems::default();
        let mut used = 0_u64;
        let mut slots = u64::from(self.volume.superblock.s_inodes_count);
        for group in &self.groups {
            let here = slots.min(self.volume.superblock.s_inodes_per_group.into());
            slots = slots.saturating_sub(here);
            let here = u32::try_from(here).unwrap_or(u32::MAX);
            let count = self.count_group(group, here, &mut problems, scratch);
            used = used.saturating_add(count.into());
            let wrong = self.group_count_problem(group, here.saturating_sub(count));
            wrong.into_iter().for_each(|wrong| problems.push(wrong));
        }
        self.total_problem(used).into_iter().for_each(|wrong| problems.push(wrong));
        let used = self.with_fast_commits(used, scratch);
        let tallies = vec![Tally { what: term!("ext.inodes-use-inode-bitmaps"), expected: used }];
        Census { tallies, problems: problems.into_vec(), ..Census::default() }
    }

    /// The note of a descriptor that counts other than `free` free inodes.
    fn group_count_problem(&self, group: &Group, free: u32) -> Option<Problem> {
        let counts = group.known && group.current && group.bg_free_inodes_count != free;
        let expected = Expected::Exactly(free.into());
        let found = group.bg_free_inodes_count.into();
        let kind = ProblemKind::Value { field: "bg_free_inodes_count", expected, found };
        counts
            .then(|| Problem::note("inode bitmap", self.volume.offset(group.bg_inode_bitmap), kind))
    }

    /// The note of a superblock whose count of free inodes is not that of the bitmaps.
    fn total_problem(&self, used: u64) -> Option<Problem> {
        let superblock = &self.volume.superblock;
        let free = u64::from(superblock.s_inodes_count).saturating_sub(used);
        let found = u64::from(superblock.s_free_inodes_count);
        let kind = ProblemKind::Value {
            field: "s_free_inodes_count",
            expected: Expected::Exactly(free),
            found,
        };
        (found != free).then(|| Problem::note("superblock", self.superblock_at, kind))
    }

    /// The count after the journal's fast commits, which no bitmap knows.
    fn with_fast_commits(&self, used: u64, scratch: &mut Scratch) -> u64 {
        self.volume.fast.numbers(0..u64::MAX).fold(used, |used, number| {
            let before = self.bit_of(number, scratch).unwrap_or(false);
            let kept = number < self.volume.superblock.s_first_ino.into()
                || self.orphans.contains(&number);
            let after = kept || self.volume.fast.in_use(number).unwrap_or(before);
            used.saturating_add(after.into()).saturating_sub(before.into())
        })
    }

    fn count_group(
        &self,
        group: &Group,
        inodes: u32,
        problems: &mut Problems,
        scratch: &mut Scratch,
    ) -> u32 {
        if !group.known {
            let kind = ProblemKind::Inconsistent(term!("ext.unknown-place-group-descriptor-lost"));
            problems.push(Problem::damage("inode bitmap", 0, kind));
            return 0;
        }
        if group.inode_uninit {
            return 0;
        }
        let bitmap = inode_bitmap(&self.volume, group, scratch);
        problems.take(bitmap).map_or(0, |(bitmap, _)| bitmap.count(inodes))
    }
}
