//! The state of inodes and names after the fast commits of the journal, ready to be asked for.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::fast_inode::FastInode;
use crate::{Place, Run};

/// The inodes and names that fast commits changed.
#[derive(Default)]
pub(super) struct FastCommits {
    inodes: BTreeMap<u64, FastInode>,
    names: HashMap<u64, BTreeMap<Vec<u8>, FastName>>,
    /// Inodes that were made: blocks of a new directory are not written before the next full commit.
    made: HashSet<u64>,
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
            Some(inode) if !inode.edits.is_empty() => inode.edits.apply(runs),
            _ => runs,
        }
    }

    /// Blocks that changed extents take, ascending and merged.
    pub(super) fn blocks(&self, block_bytes: u64) -> Vec<Range<u64>> {
        let in_use = self.inodes.values().filter(|inode| inode.in_use());
        let places = in_use.flat_map(|inode| inode.edits.places());
        let mut blocks: Vec<Range<u64>> = places
            .filter_map(|(count, place)| match place {
                Place::At(at) | Place::Unwritten(at) => {
                    let first = at.checked_div(block_bytes)?;
                    Some(first..first.saturating_add(count))
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

    /// How many inodes were changed.
    pub(super) fn inode_count(&self) -> usize {
        self.inodes.len()
    }

    /// The place of an inode among those that were changed.
    pub(super) fn entry(&mut self, number: u64) -> Entry<'_, u64, FastInode> {
        self.inodes.entry(number)
    }

    /// All inodes that were changed, with their numbers.
    pub(super) fn inodes_mut(&mut self) -> impl Iterator<Item = (u64, &mut FastInode)> {
        self.inodes.iter_mut().map(|(number, inode)| (*number, inode))
    }

    /// Takes that a fast commit made this inode.
    pub(super) fn make(&mut self, number: u64) {
        self.made.insert(number);
    }

    /// Takes what a name of a directory is from now on.
    pub(super) fn name(&mut self, directory: u64, name: Vec<u8>, now: FastName) {
        self.names.entry(directory).or_default().insert(name, now);
    }
}
