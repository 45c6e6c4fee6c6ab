//! What the block bitmaps say is free.

use std::ops::Range;

use byte_source::{Problem, ProblemKind, Scratch};
use words::term;

use super::bitmap::{Bitmap, block_bitmap};
use super::feature::INCOMPAT_META_BG;
use super::problems::Problems;
use super::reader::Ext;

/// Free blocks on their way to the caller: neighbours are joined, what fast commits took is left
/// out.
struct FreeBlocks<'f> {
    ext: &'f Ext,
    /// Blocks that fast commits took, ascending.
    taken: Vec<Range<u64>>,
    joined: Range<u64>,
    each: &'f mut dyn FnMut(Range<u64>),
}

impl FreeBlocks<'_> {
    fn take(&mut self, blocks: Range<u64>) {
        if blocks.start != self.joined.end {
            self.hand_over();
            self.joined.start = blocks.start;
        }
        self.joined.end = blocks.end;
    }

    /// Hands over the joined blocks without those that fast commits took.
    fn hand_over(&mut self) {
        let blocks = self.joined.clone();
        let volume = &self.ext.volume;
        let mut start = blocks.start;
        let mut give = |free: Range<u64>| {
            if !free.is_empty() {
                (self.each)(volume.offset(free.start)..volume.offset(free.end));
            }
        };
        let first = self.taken.partition_point(|taken| taken.end <= blocks.start);
        for taken in self.taken.iter().skip(first).take_while(|taken| taken.start < blocks.end) {
            give(start..taken.start.max(start));
            start = start.max(taken.end);
        }
        give(start..blocks.end.max(start));
    }
}

impl Ext {
    /// Hands over the free ranges of the block bitmaps, merged.
    pub(super) fn free_ranges(
        &self,
        scratch: &mut Scratch,
        each: &mut dyn FnMut(Range<u64>),
    ) -> Vec<Problem> {
        let mut problems = Problems::default();
        let places = self.metadata_places();
        let taken = self.volume.fast.blocks(self.volume.block_bytes);
        let mut free = FreeBlocks { ext: self, taken, joined: 0..0, each };
        for (group, number) in self.groups.iter().zip(0_u64..) {
            let blocks = self.blocks_of_group(number);
            if !group.known {
                let kind =
                    ProblemKind::Inconsistent(term!("ext.unknown-place-group-descriptor-lost"));
                problems.push(Problem::damage("block bitmap", 0, kind));
            } else if group.block_uninit {
                self.free_of_unwritten_bitmap(number, blocks, &places, &mut free);
            } else if let Some((bitmap, wrong)) =
                problems.take(block_bitmap(&self.volume, group, scratch))
            {
                wrong.into_iter().for_each(|wrong| problems.push(wrong));
                self.free_of_bitmap(&bitmap, blocks, &mut free);
            }
        }
        free.hand_over();
        problems.into_vec()
    }

    fn blocks_of_group(&self, number: u64) -> Range<u64> {
        let superblock = &self.volume.superblock;
        let end = superblock.group_start(number.saturating_add(1)).min(superblock.s_blocks_count);
        superblock.group_start(number)..end
    }

    fn free_of_bitmap(&self, bitmap: &Bitmap<'_>, blocks: Range<u64>, free: &mut FreeBlocks<'_>) {
        let cluster = u64::from(self.volume.superblock.cluster_blocks).max(1);
        let mut bit = 0_u32;
        let mut block = blocks.start;
        while block < blocks.end {
            let next = block.saturating_add(cluster);
            if !bitmap.has(bit) {
                free.take(block..next.min(blocks.end));
            }
            bit = bit.saturating_add(1);
            block = next;
        }
    }

    /// A group whose block bitmap was never written is free but for metadata.
    fn free_of_unwritten_bitmap(
        &self,
        group: u64,
        blocks: Range<u64>,
        places: &[Range<u64>],
        free: &mut FreeBlocks<'_>,
    ) {
        let clusters = Clusters {
            start: blocks.start,
            blocks: u64::from(self.volume.superblock.cluster_blocks).max(1),
        };
        let base = blocks.start.saturating_add(self.base_blocks(group)).min(blocks.end);
        let mut from = clusters.behind(base);
        let first = places.partition_point(|place| place.end <= from);
        for place in places.iter().skip(first).take_while(|place| place.start < blocks.end) {
            let start = clusters.of(blocks.start.max(place.start));
            if start > from {
                free.take(from..start);
            }
            from = from.max(clusters.behind(place.end));
        }
        if from < blocks.end {
            free.take(from..blocks.end);
        }
    }

    /// Blocks at the start of a group for superblock, descriptors and room for more of them.
    pub(super) fn base_blocks(&self, group: u64) -> u64 {
        let has_superblock = self.volume.superblock.has_superblock(group);
        self.descriptor_blocks(group, has_superblock).saturating_add(has_superblock.into())
    }

    /// Blocks at the start of a group for descriptors and room for more of them.
    fn descriptor_blocks(&self, group: u64, has_superblock: bool) -> u64 {
        let superblock = &self.volume.superblock;
        let desc_size = u64::from(superblock.s_desc_size);
        let per_block = self.volume.block_bytes.checked_div(desc_size).unwrap_or(1).max(1);
        let table_blocks = byte_source::length(self.groups.len()).div_ceil(per_block);
        let meta_group = group.checked_div(per_block).unwrap_or(0);
        let first_meta = u64::from(superblock.s_first_meta_bg);
        let meta = superblock.incompat(INCOMPAT_META_BG);
        if meta && meta_group >= first_meta {
            let within = group.checked_rem(per_block).unwrap_or(0);
            u64::from(within <= 1 || within == per_block.saturating_sub(1))
        } else if has_superblock {
            let table = if meta { table_blocks.min(first_meta) } else { table_blocks };
            table.saturating_add(superblock.s_reserved_gdt_blocks.into())
        } else {
            0
        }
    }

    /// Blocks of all bitmaps and inode tables, ascending: flexible groups keep them in other
    /// groups.
    fn metadata_places(&self) -> Vec<Range<u64>> {
        let table_blocks = self.volume.superblock.inode_table_blocks();
        let block = |first: u64, count: u64| first..first.saturating_add(count);
        let known = self.groups.iter().filter(|group| group.known);
        let places = known.flat_map(|group| {
            [
                block(group.bg_block_bitmap, 1),
                block(group.bg_inode_bitmap, 1),
                block(group.bg_inode_table, table_blocks),
            ]
        });
        let mut places: Vec<Range<u64>> = places.collect();
        places.sort_unstable_by_key(|place| (place.start, place.end));
        places
    }
}

/// The clusters of a group.
struct Clusters {
    /// First block of the first cluster.
    start: u64,
    /// Blocks of a cluster.
    blocks: u64,
}

impl Clusters {
    /// First block of the cluster that holds `block`.
    fn of(&self, block: u64) -> u64 {
        let clusters = block.saturating_sub(self.start).checked_div(self.blocks).unwrap_or(0);
        self.start.saturating_add(clusters.saturating_mul(self.blocks))
    }

    /// First block of the cluster behind the one that holds the block before `block`.
    fn behind(&self, block: u64) -> u64 {
        let clusters = block.saturating_sub(self.start).div_ceil(self.blocks);
        self.start.saturating_add(clusters.saturating_mul(self.blocks))
    }
}
