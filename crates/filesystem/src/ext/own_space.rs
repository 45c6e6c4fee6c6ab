//! Blocks in use that no stream shows: the structures of the block groups, mappings, and the blocks of directories.

use std::ops::Range;

use super::group::Group;
use super::reader::Ext;
use super::record_content::Names;
use super::volume::Volume;
use crate::{Allocation, Place, Record, Space};

impl Ext {
    /// Returns the blocks of superblocks, group descriptors, bitmaps and inode tables, one [`Space`] for each kind.
    pub(super) fn own_space(&self) -> Vec<Space> {
        let table_blocks = self.volume.superblock.inode_table_blocks();
        let space = |what, extents| Space { what, owner: None, extents };
        vec![
            space("superblock and group descriptors", self.base_extents()),
            space("block bitmap", self.group_extents(|group| group.bg_block_bitmap, 1)),
            space("inode bitmap", self.group_extents(|group| group.bg_inode_bitmap, 1)),
            space("inode table", self.group_extents(|group| group.bg_inode_table, table_blocks)),
        ]
    }

    /// The blocks at the start of groups that hold a superblock or group descriptors.
    fn base_extents(&self) -> Vec<Range<u64>> {
        let superblock = &self.volume.superblock;
        let numbers = (0_u64..).zip(&self.groups).map(|(number, _)| number);
        let bases = numbers
            .map(|number| self.blocks(superblock.group_start(number), self.base_blocks(number)));
        bases.filter(|extent| !extent.is_empty()).collect()
    }

    /// The blocks of one structure of all groups, which begins at block `first` of each.
    fn group_extents(&self, first: fn(&Group) -> u64, count: u64) -> Vec<Range<u64>> {
        let known = self.groups.iter().filter(|group| group.known);
        known.map(|group| self.blocks(first(group), count)).collect()
    }

    fn blocks(&self, first: u64, count: u64) -> Range<u64> {
        self.volume.offset(first)..self.volume.offset(first.saturating_add(count))
    }
}

/// Returns the blocks at these byte offsets, which the mapping of a record in use takes itself.
pub(super) fn map_space(
    volume: &Volume,
    record: &Record,
    has_extents: bool,
    places: &[u64],
) -> Option<Space> {
    let what = if has_extents { "extent tree" } else { "indirect blocks" };
    let extents = places.iter().map(|at| *at..at.saturating_add(volume.block_bytes)).collect();
    let is_in_use = record.allocation == Allocation::Allocated && !places.is_empty();
    is_in_use.then_some(Space { what, owner: Some(record.id), extents })
}

/// Returns the blocks of a directory in use.
pub(super) fn directory_space(record: &Record, names: &Names) -> Option<Space> {
    let Names::Runs(runs) = names else { return None };
    let extents = runs.iter().filter_map(|run| match run.place {
        Place::At(at) | Place::Unwritten(at) => Some(at..at.saturating_add(run.length)),
        Place::Hole | Place::Unknown => None,
    });
    let space = Space { what: "directory", owner: Some(record.id), extents: extents.collect() };
    (record.allocation == Allocation::Allocated).then_some(space)
}
