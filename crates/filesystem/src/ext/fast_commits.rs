//! What the fast commits of the journal change, applied in memory: inodes, their extents, names.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use byte_source::{Expected, Problem, ProblemKind, Scratch, Structure};
use words::term;

use super::group::Group;
use super::inode::{I_BLOCK_AT, I_BLOCK_BYTES, Inode};
use super::inode_table::inode_at;
use super::journal::{Change, PlacedChange};
use super::problems::Problems;
use super::run_list::moved;
use super::volume::Volume;
use crate::{Place, Run};

/// `i_flags`: `i_block` holds an extent tree; data lies in the inode.
const EXTENTS: u32 = 0x8_0000;
const INLINE_DATA: u32 = 0x1000_0000;
/// An extent tree without extents: magic, no entries, room for 4, depth 0, generation 0.
const EMPTY_TREE: [u8; 12] = [0x0a, 0xf3, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0];
/// `ee_len` above this says that the extent was not written, by so many blocks.
const WRITTEN: u64 = 0x8000;

/// Bytes of changed inodes that are kept in memory: the most changes that are replayed, each of an inode of 256 bytes.
const MOST_INODE_BYTES: u64 = 64 << 20;

/// The changes, ready to be asked for.
#[derive(Default)]
pub(super) struct FastCommits {
    inodes: BTreeMap<u64, FastInode>,
    names: HashMap<u64, BTreeMap<Vec<u8>, FastName>>,
    /// Inodes that were made: blocks of a new directory are not written before the next full commit.
    made: HashSet<u64>,
}

struct FastInode {
    bytes: Vec<u8>,
    block_bytes: u64,
    /// Last edit of each logical block: first block, then count and place.
    edits: BTreeMap<u64, (u64, Place)>,
}

/// What a name of a directory is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FastName {
    /// The inode; `None` when the name went.
    pub(super) child: Option<u64>,
    /// Byte offset of the tag that says so, in the volume.
    pub(super) at: u64,
}

impl FastCommits {
    /// Applies changes in their order to what `volume` holds.
    pub(super) fn apply(
        changes: Vec<PlacedChange>,
        volume: &Volume,
        groups: &[Group],
        problems: &mut Problems,
        scratch: &mut Scratch,
    ) -> Self {
        let mut fast = Self::default();
        for (change, at) in changes {
            let done = fast.change(change, at, volume, groups, scratch);
            problems.take(done);
        }
        fast.inodes.iter_mut().for_each(|(number, inode)| inode.renew_checksum(*number, volume));
        fast
    }

    /// The bytes of an inode that was changed.
    pub(super) fn inode(&self, number: u64) -> Option<&[u8]> {
        self.inodes.get(&number).map(|inode| inode.bytes.as_slice())
    }

    /// Is an inode that was changed in use now?
    pub(super) fn in_use(&self, number: u64) -> Option<bool> {
        self.inodes.get(&number).map(FastInode::in_use)
    }

    /// Changed inodes with numbers in this range.
    pub(super) fn numbers(&self, range: Range<u64>) -> impl Iterator<Item = u64> + '_ {
        self.inodes.range(range).map(|(number, _)| *number)
    }

    /// Was this inode made by a fast commit?
    pub(super) fn is_made(&self, number: u64) -> bool {
        self.made.contains(&number)
    }

    /// What changed of a directory's names.
    pub(super) fn names(&self, directory: u64) -> Option<&BTreeMap<Vec<u8>, FastName>> {
        self.names.get(&directory)
    }

    /// Puts changed extents into the runs of an inode, which keep their length.
    pub(super) fn edit(&self, number: u64, runs: Vec<Run>) -> Vec<Run> {
        match self.inodes.get(&number) {
            Some(inode) if !inode.edits.is_empty() => inode.edited(runs),
            _ => runs,
        }
    }

    /// Blocks that changed extents take, ascending and merged.
    pub(super) fn blocks(&self, block_bytes: u64) -> Vec<Range<u64>> {
        let in_use = self.inodes.values().filter(|inode| inode.in_use());
        let edits = in_use.flat_map(|inode| inode.edits.values());
        let mut blocks: Vec<Range<u64>> = edits
            .filter_map(|(count, place)| match place {
                Place::At(at) | Place::Unwritten(at) => {
                    let first = at.checked_div(block_bytes)?;
                    Some(first..first.saturating_add(*count))
                }
                _ => None,
            })
            .collect();
        blocks.sort_unstable_by_key(|range| range.start);
        blocks.dedup_by(|next, merged| {
            let joins = next.start <= merged.end;
            if joins {
                merged.end = merged.end.max(next.end);
            }
            joins
        });
        blocks
    }

    fn change(
        &mut self,
        change: Change,
        at: u64,
        volume: &Volume,
        groups: &[Group],
        scratch: &mut Scratch,
    ) -> Result<(), Problem> {
        let changed = load(&mut self.inodes, change.inode(), volume, groups, scratch)?;
        match change {
            Change::Inode { bytes, .. } => changed.replace(&bytes),
            Change::AddRange { extent, .. } => changed.add(&extent, at, volume)?,
            Change::DelRange { first, count, .. } => changed.set(first.into(), count.into(), Place::Hole),
            Change::Create { parent, inode, name } => {
                changed.set_links(|_| 1);
                self.made.insert(inode);
                self.name(parent, name, Some(inode), at);
            }
            Change::Link { parent, inode, name } => {
                changed.set_links(|links| links.saturating_add(1));
                self.name(parent, name, Some(inode), at);
            }
            Change::Unlink { parent, name, .. } => {
                changed.set_links(|links| links.saturating_sub(1));
                self.name(parent, name, None, at);
            }
        }
        Ok(())
    }

    fn name(&mut self, parent: u64, name: Vec<u8>, child: Option<u64>, at: u64) {
        self.names.entry(parent).or_default().insert(name, FastName { child, at });
    }
}

/// The inode of that number, from the volume when it is changed for the first time.
fn load<'i>(
    inodes: &'i mut BTreeMap<u64, FastInode>,
    number: u64,
    volume: &Volume,
    groups: &[Group],
    scratch: &mut Scratch,
) -> Result<&'i mut FastInode, Problem> {
    let size = u64::from(volume.superblock.s_inode_size);
    let kept = byte_source::length(inodes.len()).saturating_mul(size);
    match inodes.entry(number) {
        Entry::Occupied(known) => Ok(known.into_mut()),
        Entry::Vacant(place) => {
            let at = inode_at(volume, groups, number)?;
            if kept >= MOST_INODE_BYTES {
                let what = term!("ext.bytes-inodes-fast-commits-change");
                let kind = ProblemKind::LimitReached { what, limit: MOST_INODE_BYTES };
                return Err(Problem::damage("inode", at, kind));
            }
            let bytes = volume.bytes("inode", at..at.saturating_add(size), scratch)?.into_owned();
            let block_bytes = volume.block_bytes;
            Ok(place.insert(FastInode { bytes, block_bytes, edits: BTreeMap::new() }))
        }
    }
}

impl FastInode {
    fn u16_at(&self, at: usize) -> u16 {
        Structure::new("inode", 0, &self.bytes).u16_le(at).unwrap_or(0)
    }

    fn in_use(&self) -> bool {
        self.u16_at(0) != 0 && self.u16_at(0x1a) != 0
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        let end = at.saturating_add(bytes.len());
        if let Some(place) = self.bytes.get_mut(at..end) {
            place.copy_from_slice(bytes);
        }
    }

    fn set_links(&mut self, count: impl FnOnce(u16) -> u16) {
        let links = count(self.u16_at(0x1a));
        self.put(0x1a, &links.to_le_bytes());
    }

    /// Takes all fields but `i_block`, as the kernel does: extents come as ranges. Inline data comes with the inode.
    fn replace(&mut self, bytes: &[u8]) {
        let behind = I_BLOCK_AT.saturating_add(I_BLOCK_BYTES);
        self.put(0, bytes.get(..I_BLOCK_AT).unwrap_or_default());
        let rest = bytes.get(behind..bytes.len().min(self.bytes.len())).unwrap_or_default();
        self.put(behind, rest);
        let flags = Structure::new("inode", 0, &self.bytes).u32_le(0x20).unwrap_or(0);
        let has_tree = self.bytes.get(I_BLOCK_AT..).is_some_and(|block| block.starts_with(&EMPTY_TREE[..2]));
        if flags & EXTENTS != 0 && !has_tree {
            self.put(I_BLOCK_AT, &[0; I_BLOCK_BYTES]);
            self.put(I_BLOCK_AT, &EMPTY_TREE);
        } else if flags & INLINE_DATA != 0 {
            self.put(I_BLOCK_AT, bytes.get(I_BLOCK_AT..behind).unwrap_or_default());
        }
    }

    fn add(&mut self, extent: &[u8; 12], at: u64, volume: &Volume) -> Result<(), Problem> {
        let extent = Structure::new("fast commit extent", at, extent);
        let (first, length) = (u64::from(extent.u32_le(0)?), u64::from(extent.u16_le(4)?));
        let block = u64::from(extent.u16_le(6)?) << 32 | u64::from(extent.u32_le(8)?);
        let count = if length > WRITTEN { length.saturating_sub(WRITTEN) } else { length };
        let blocks = volume.superblock.s_blocks_count;
        if block.saturating_add(count) > blocks {
            let expected = Expected::Within(0, blocks.saturating_sub(count));
            return Err(extent.damage(ProblemKind::Value { field: "ee_start", expected, found: block }));
        }
        let at = volume.offset(block);
        self.set(first, count, if length > WRITTEN { Place::Unwritten(at) } else { Place::At(at) });
        Ok(())
    }

    /// The logical blocks from `first` on are at `place`, whatever was there before.
    fn set(&mut self, first: u64, count: u64, place: Place) {
        let end = first.saturating_add(count);
        if count == 0 {
            return;
        }
        // Only the last edit that begins before `first` can reach into it; edits do not overlap.
        let before = self.edits.range(..first).next_back().map(|(start, edit)| (*start, *edit));
        let within: Vec<u64> = self.edits.range(first..end).map(|(start, _)| *start).collect();
        let mut tails = Vec::new();
        if let Some((start, (length, place))) = before {
            let reach = start.saturating_add(length);
            if reach > first {
                self.edits.insert(start, (first.saturating_sub(start), place));
                tails.push((start, length, place));
            }
        }
        for start in within {
            if let Some((length, place)) = self.edits.remove(&start) {
                tails.push((start, length, place));
            }
        }
        for (start, length, place) in tails {
            let reach = start.saturating_add(length);
            if reach > end {
                let skipped = end.saturating_sub(start);
                self.edits.insert(
                    end,
                    (reach.saturating_sub(end), moved(place, skipped.saturating_mul(self.block_bytes))),
                );
            }
        }
        self.edits.insert(first, (count, place));
    }

    /// The runs with the edits in them; up to the end that they had.
    fn edited(&self, runs: Vec<Run>) -> Vec<Run> {
        let size = runs.iter().fold(0_u64, |sum, run| sum.saturating_add(run.length));
        let mut edited = Vec::with_capacity(runs.len().saturating_add(self.edits.len()));
        let mut old = Cut { rest: runs.into_iter(), first: None };
        let mut done = 0_u64;
        for (first, (count, place)) in &self.edits {
            let start = first.saturating_mul(self.block_bytes).min(size);
            old.take(start.saturating_sub(done), &mut |run| edited.push(run));
            let length = count.saturating_mul(self.block_bytes).min(size.saturating_sub(start));
            if length > 0 {
                edited.push(Run { length, place: *place });
            }
            old.take(length, &mut |_| {});
            done = start.saturating_add(length);
        }
        old.take(size.saturating_sub(done), &mut |run| edited.push(run));
        edited
    }

    /// The checksum that a tag carries is that of an inode with other extents; a right one keeps readers from calling it damaged.
    fn renew_checksum(&mut self, number: u64, volume: &Volume) {
        let bytes = self.bytes.clone();
        let Ok(inode) = Inode::parse(Structure::new("inode", 0, &bytes), number, &volume.superblock) else {
            return;
        };
        let Some(Problem { kind: ProblemKind::Checksum { computed, .. }, .. }) =
            inode.checksum_problem(&volume.superblock)
        else {
            return;
        };
        let computed = u32::try_from(computed).unwrap_or(0).to_le_bytes();
        let [a, b, c, d] = computed;
        self.put(0x7c, &[a, b]);
        if inode.i_extra_isize >= 4 {
            self.put(0x82, &[c, d]);
        }
    }
}

/// Runs that are taken from their start on.
struct Cut {
    rest: std::vec::IntoIter<Run>,
    /// What is left of the run that was taken last.
    first: Option<Run>,
}

impl Cut {
    /// Hands over the next `bytes` bytes of the runs.
    fn take(&mut self, bytes: u64, each: &mut dyn FnMut(Run)) {
        let mut left = bytes;
        while left > 0 {
            let Some(run) = self.first.take().or_else(|| self.rest.next()) else { return };
            let length = run.length.min(left);
            left = left.saturating_sub(length);
            if length < run.length {
                let rest = run.length.saturating_sub(length);
                self.first = Some(Run { length: rest, place: moved(run.place, length) });
            }
            if length > 0 {
                each(Run { length, place: run.place });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inode(edits: &[(u64, u64, Place)]) -> FastInode {
        let mut inode = FastInode { bytes: vec![0; 256], block_bytes: 1024, edits: BTreeMap::new() };
        for (first, count, place) in edits {
            inode.set(*first, *count, *place);
        }
        inode
    }

    #[test]
    fn a_later_range_takes_the_place_of_an_earlier_one_and_leaves_its_ends() {
        let at = |block: u64| Place::At(block * 1024);
        let edited = inode(&[(2, 6, at(100)), (4, 2, Place::Hole), (7, 4, at(200))]);
        let runs =
            vec![Run { length: 3 * 1024, place: at(50) }, Run { length: 6 * 1024, place: Place::Hole }];
        let found: Vec<_> = edited.edited(runs).iter().map(|run| (run.length / 1024, run.place)).collect();
        let expected = [(2, at(50)), (2, at(100)), (2, Place::Hole), (1, at(104)), (2, at(200))];
        assert_eq!(found, expected);
        assert_eq!(found.iter().map(|(blocks, _)| blocks).sum::<u64>(), 9, "the length stays");
    }

    #[test]
    fn the_extents_of_an_inode_are_kept_when_its_fields_are_replaced() {
        let mut known = inode(&[]);
        known.put(I_BLOCK_AT, &EMPTY_TREE);
        known.put(I_BLOCK_AT + 2, &[1]);
        let mut fields = vec![7; 200];
        fields[0x20..0x24].copy_from_slice(&EXTENTS.to_le_bytes());
        known.replace(&fields);
        assert_eq!(
            (known.bytes[0], known.bytes[I_BLOCK_AT + 2], known.bytes[0x70], known.bytes[200]),
            (7, 1, 7, 0)
        );
        let mut blank = inode(&[]);
        blank.replace(&fields);
        assert!(blank.bytes[I_BLOCK_AT..].starts_with(&EMPTY_TREE));
    }
}
