//! What the bitmaps count, and what they say is free.

use std::ops::Range;

use byte_source::{Expected, Problem, ProblemKind, Scratch};
use words::term;

use super::bitmap::{Bitmap, block_bitmap, inode_bitmap};
use super::feature::INCOMPAT_META_BG;
use super::file_system::Ext;
use super::group::Group;
use super::problems::Problems;
use crate::{Census, Tally};

impl Ext {
    /// Counts the inode bitmaps, and compares with the counts of the descriptors and the superblock.
    pub(super) fn count_inodes(&self, scratch: &mut Scratch) -> Census {
        let mut problems = Problems::default();
        let (mut used, mut slots) = (0_u64, u64::from(self.volume.superblock.s_inodes_count));
        for group in &self.groups {
            let here = slots.min(self.volume.superblock.s_inodes_per_group.into());
            slots = slots.saturating_sub(here);
            let here = u32::try_from(here).unwrap_or(u32::MAX);
            let count = self.count_group(group, here, &mut problems, scratch);
            used = used.saturating_add(count.into());
            let free = here.saturating_sub(count);
            if group.known && group.current && group.bg_free_inodes_count != free {
                let (expected, found) = (Expected::Exactly(free.into()), group.bg_free_inodes_count.into());
                let kind = ProblemKind::Value { field: "bg_free_inodes_count", expected, found };
                problems.push(Problem::note("inode bitmap", self.volume.offset(group.bg_inode_bitmap), kind));
            }
        }
        let free = u64::from(self.volume.superblock.s_inodes_count).saturating_sub(used);
        let found = u64::from(self.volume.superblock.s_free_inodes_count);
        if found != free {
            let expected = Expected::Exactly(free);
            let kind = ProblemKind::Value { field: "s_free_inodes_count", expected, found };
            problems.push(Problem::note("superblock", self.superblock_at, kind));
        }
        let used = self.with_fast_commits(used, scratch);
        let tallies = vec![Tally { what: term!("ext.inodes-use-inode-bitmaps"), expected: used }];
        Census { tallies, problems: problems.into_vec(), ..Census::default() }
    }

    /// The count after the journal's fast commits, which no bitmap knows.
    fn with_fast_commits(&self, used: u64, scratch: &mut Scratch) -> u64 {
        self.volume.fast.numbers(0..u64::MAX).fold(used, |used, number| {
            let before = self.bit_of(number, scratch).unwrap_or(false);
            let kept = number < self.volume.superblock.s_first_ino.into() || self.orphans.contains(&number);
            let after = kept || self.volume.fast.in_use(number).unwrap_or(before);
            used.saturating_add(after.into()).saturating_sub(before.into())
        })
    }

    fn count_group(&self, group: &Group, inodes: u32, problems: &mut Problems, scratch: &mut Scratch) -> u32 {
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

    /// Hands over the free ranges of the block bitmaps, merged.
    pub(super) fn free_ranges(
        &self,
        scratch: &mut Scratch,
        each: &mut dyn FnMut(Range<u64>),
    ) -> Vec<Problem> {
        let mut problems = Problems::default();
        let mut merged: Range<u64> = 0..0;
        let places = self.metadata_places();
        let taken = self.volume.fast.blocks(self.volume.block_bytes);
        let mut take = |blocks: Range<u64>| {
            if blocks.start != merged.end {
                self.hand_over(&merged, &taken, each);
                merged.start = blocks.start;
            }
            merged.end = blocks.end;
        };
        for (group, number) in self.groups.iter().zip(0_u64..) {
            let start = self.volume.superblock.group_start(number);
            let end = self
                .volume
                .superblock
                .group_start(number.saturating_add(1))
                .min(self.volume.superblock.s_blocks_count);
            if !group.known {
                let kind = ProblemKind::Inconsistent(term!("ext.unknown-place-group-descriptor-lost"));
                problems.push(Problem::damage("block bitmap", 0, kind));
            } else if group.block_uninit {
                self.free_of_unwritten_bitmap(number, start..end, &places, &mut take);
            } else {
                let bitmap = block_bitmap(&self.volume, group, scratch);
                let Some((bitmap, wrong)) = problems.take(bitmap) else { continue };
                wrong.into_iter().for_each(|wrong| problems.push(wrong));
                self.free_of_bitmap(&bitmap, start..end, &mut take);
            }
        }
        self.hand_over(&merged, &taken, each);
        problems.into_vec()
    }

    /// Hands over free blocks without those that fast commits took.
    fn hand_over(&self, blocks: &Range<u64>, taken: &[Range<u64>], each: &mut dyn FnMut(Range<u64>)) {
        let mut start = blocks.start;
        let mut give = |free: Range<u64>| {
            if !free.is_empty() {
                each(self.volume.offset(free.start)..self.volume.offset(free.end));
            }
        };
        let first = taken.partition_point(|taken| taken.end <= blocks.start);
        for taken in taken.iter().skip(first).take_while(|taken| taken.start < blocks.end) {
            give(start..taken.start.max(start));
            start = start.max(taken.end);
        }
        give(start..blocks.end.max(start));
    }

    fn free_of_bitmap(&self, bitmap: &Bitmap<'_>, blocks: Range<u64>, take: &mut dyn FnMut(Range<u64>)) {
        let cluster = u64::from(self.volume.superblock.cluster_blocks).max(1);
        let (mut bit, mut block) = (0_u32, blocks.start);
        while block < blocks.end {
            let next = block.saturating_add(cluster);
            if !bitmap.has(bit) {
                take(block..next.min(blocks.end));
            }
            (bit, block) = (bit.saturating_add(1), next);
        }
    }

    /// A group whose block bitmap was never written is free but for metadata.
    fn free_of_unwritten_bitmap(
        &self,
        group: u64,
        blocks: Range<u64>,
        places: &[Range<u64>],
        take: &mut dyn FnMut(Range<u64>),
    ) {
        let cluster = u64::from(self.volume.superblock.cluster_blocks).max(1);
        let base = blocks.start.saturating_add(self.base_blocks(group)).min(blocks.end);
        let mut free = cluster_end(base, blocks.start, cluster);
        let first = places.partition_point(|place| place.end <= free);
        for place in places.iter().skip(first).take_while(|place| place.start < blocks.end) {
            let from = blocks.start.max(place.start);
            let start = blocks.start.saturating_add(
                from.saturating_sub(blocks.start).checked_div(cluster).unwrap_or(0).saturating_mul(cluster),
            );
            if start > free {
                take(free..start);
            }
            free = free.max(cluster_end(place.end, blocks.start, cluster));
        }
        if free < blocks.end {
            take(free..blocks.end);
        }
    }

    /// Blocks at the start of a group for superblock, descriptors and room for more of them.
    pub(super) fn base_blocks(&self, group: u64) -> u64 {
        let superblock = &self.volume.superblock;
        let has_superblock = superblock.has_superblock(group);
        let per_block =
            self.volume.block_bytes.checked_div(superblock.s_desc_size.into()).unwrap_or(1).max(1);
        let table_blocks = length_of(&self.groups).div_ceil(per_block);
        let meta_group = group.checked_div(per_block).unwrap_or(0);
        let first_meta = u64::from(superblock.s_first_meta_bg);
        let descriptors = if superblock.incompat(INCOMPAT_META_BG) && meta_group >= first_meta {
            let within = group.checked_rem(per_block).unwrap_or(0);
            u64::from(within <= 1 || within == per_block.saturating_sub(1))
        } else if has_superblock {
            let meta = superblock.incompat(INCOMPAT_META_BG);
            let table = if meta { table_blocks.min(first_meta) } else { table_blocks };
            table.saturating_add(superblock.s_reserved_gdt_blocks.into())
        } else {
            0
        };
        descriptors.saturating_add(has_superblock.into())
    }

    /// Blocks of all bitmaps and inode tables, ascending: flexible groups keep them in other groups.
    fn metadata_places(&self) -> Vec<Range<u64>> {
        let table_blocks = self.volume.superblock.inode_table_blocks();
        let block = |first: u64, count: u64| first..first.saturating_add(count);
        let mut places: Vec<Range<u64>> = self
            .groups
            .iter()
            .filter(|group| group.known)
            .flat_map(|group| {
                [
                    block(group.bg_block_bitmap, 1),
                    block(group.bg_inode_bitmap, 1),
                    block(group.bg_inode_table, table_blocks),
                ]
            })
            .collect();
        places.sort_unstable_by_key(|place| (place.start, place.end));
        places
    }
}

fn length_of(groups: &[Group]) -> u64 {
    byte_source::length(groups.len())
}

/// First block of the cluster behind the one that holds the block before `block`, counted from `start`.
fn cluster_end(block: u64, start: u64, cluster: u64) -> u64 {
    let clusters = block.saturating_sub(start).div_ceil(cluster);
    start.saturating_add(clusters.saturating_mul(cluster))
}
