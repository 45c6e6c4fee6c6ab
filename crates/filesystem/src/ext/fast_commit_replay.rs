//! Applies the fast commits of the journal, in memory: inodes, their extents, names.

use std::collections::btree_map::Entry;

use byte_source::{Expected, Problem, ProblemKind, Scratch, Structure};
use words::term;

use super::fast_commits::{FastCommits, FastName};
use super::fast_inode::FastInode;
use super::group::Group;
use super::inode_table::inode_at;
use super::journal::{Change, PlacedChange};
use super::problems::Problems;
use super::volume::Volume;
use crate::Place;

/// `ee_len` above this says that the extent was not written, by so many blocks.
const WRITTEN: u64 = 0x8000;

/// Bytes of changed inodes that are kept in memory: the most changes that are replayed, each of an
/// inode of 256 bytes.
const MOST_INODE_BYTES: u64 = 64 << 20;

/// Applies changes in their order to what `volume` holds.
pub(super) fn replay_fast_commits(
    changes: Vec<PlacedChange>,
    volume: &Volume,
    groups: &[Group],
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> FastCommits {
    let mut replay = Replay { volume, groups, fast: FastCommits::default() };
    for (change, at) in changes {
        problems.take(replay.apply(change, at, scratch));
    }
    let mut fast = replay.fast;
    fast.inodes_mut().for_each(|(number, inode)| inode.renew_checksum(number, &volume.superblock));
    fast
}

struct Replay<'r> {
    volume: &'r Volume,
    groups: &'r [Group],
    fast: FastCommits,
}

impl Replay<'_> {
    /// Applies the change of the tag at byte `at`.
    fn apply(&mut self, change: Change, at: u64, scratch: &mut Scratch) -> Result<(), Problem> {
        self.apply_to_inode(&change, at, scratch)?;
        match change {
            Change::Create { parent, inode, name } | Change::Link { parent, inode, name } => {
                self.fast.name(parent, name, FastName { child: Some(inode), at });
            }
            Change::Unlink { parent, name, .. } => {
                self.fast.name(parent, name, FastName { child: None, at });
            }
            Change::Inode { .. } | Change::AddRange { .. } | Change::DelRange { .. } => {}
        }
        Ok(())
    }

    /// Changes the inode's fields, its extents, or its number of links.
    fn apply_to_inode(
        &mut self,
        change: &Change,
        at: u64,
        scratch: &mut Scratch,
    ) -> Result<(), Problem> {
        let volume = self.volume;
        let changed = self.load(change.inode(), scratch)?;
        match *change {
            Change::Inode { ref bytes, .. } => changed.replace(bytes),
            Change::AddRange { ref extent, .. } => {
                let added =
                    AddedRange::parse(&Structure::new("fast commit extent", at, extent), volume)?;
                changed.edits.set(added.first, added.count, added.place);
            }
            Change::DelRange { first, count, .. } => {
                changed.edits.set(first.into(), count.into(), Place::Hole);
            }
            Change::Create { inode, .. } => {
                changed.set_links(|_| 1);
                self.fast.make(inode);
            }
            Change::Link { .. } => changed.set_links(|links| links.saturating_add(1)),
            Change::Unlink { .. } => changed.set_links(|links| links.saturating_sub(1)),
        }
        Ok(())
    }

    /// Returns the inode of that number, from the volume when it is changed for the first time.
    fn load(&mut self, number: u64, scratch: &mut Scratch) -> Result<&mut FastInode, Problem> {
        let size = u64::from(self.volume.superblock.s_inode_size);
        let kept = byte_source::length(self.fast.inode_count()).saturating_mul(size);
        match self.fast.entry(number) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let at = inode_at(self.volume, self.groups, number)?;
                if kept >= MOST_INODE_BYTES {
                    let what = term!("ext.bytes-inodes-fast-commits-change");
                    let kind = ProblemKind::LimitReached { what, limit: MOST_INODE_BYTES };
                    return Err(Problem::damage("inode", at, kind));
                }
                let bytes = self.volume.bytes("inode", at..at.saturating_add(size), scratch)?;
                Ok(place.insert(FastInode::new(bytes.into_owned(), self.volume.block_bytes)))
            }
        }
    }
}

/// Logical blocks that a fast commit maps.
struct AddedRange {
    first: u64,
    count: u64,
    place: Place,
}

impl AddedRange {
    /// Reads an `ext4_extent`.
    fn parse(extent: &Structure<'_>, volume: &Volume) -> Result<Self, Problem> {
        let first = u64::from(extent.u32_le(0)?);
        let ee_len = u64::from(extent.u16_le(4)?);
        let block = u64::from(extent.u16_le(6)?) << 32 | u64::from(extent.u32_le(8)?);
        let is_written = ee_len <= WRITTEN;
        let count = if is_written { ee_len } else { ee_len.saturating_sub(WRITTEN) };
        let blocks = volume.superblock.s_blocks_count;
        if block.saturating_add(count) > blocks {
            let expected = Expected::Within(0, blocks.saturating_sub(count));
            return Err(extent.wrong_value("ee_start", expected, block));
        }
        let at = volume.offset(block);
        let place = if is_written { Place::At(at) } else { Place::Unwritten(at) };
        Ok(Self { first, count, place })
    }
}
