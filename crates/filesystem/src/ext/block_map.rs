//! Block maps of ext2 and ext3: 12 direct block numbers, then a single, a double and a triple indirect block.

use std::borrow::Cow;
use std::collections::HashSet;

use byte_source::{Expected, Problem, ProblemKind, Scratch};
use words::term;

use super::budget::Budget;
use super::inode::{I_BLOCK_AT, Inode};
use super::problems::Problems;
use super::run_list::RunList;
use super::volume::Volume;
use crate::Place;

/// What a block map is read with.
struct Walk<'w> {
    volume: &'w Volume,
    budget: &'w mut Budget,
    scratch: &'w mut Scratch,
    problems: &'w mut Problems,
    runs: RunList,
    /// Indirect blocks read so far: none may be used twice, or a few blocks would map the whole address space.
    seen: HashSet<u64>,
}

/// The runs of an inode with a block map.
pub(super) fn read_block_map(
    volume: &Volume,
    inode: &Inode<'_>,
    budget: &mut Budget,
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> RunList {
    let runs = RunList::new(inode.i_size, volume.block_bytes);
    let mut walk = Walk { volume, budget, scratch, problems, runs, seen: HashSet::new() };
    let at = inode.bytes.at().saturating_add(byte_source::length(I_BLOCK_AT));
    for (pointer, slot) in pointers(&inode.i_block).zip(0_u64..) {
        let level = u32::try_from(slot.saturating_sub(11)).unwrap_or(0);
        walk.pointer(level, pointer, at.saturating_add(slot.saturating_mul(4)));
    }
    let Walk { mut runs, .. } = walk;
    if runs.next() < runs.end() {
        // No block map reaches further; what a program would read there nobody can say.
        let expected = Expected::Within(0, runs.next().saturating_mul(volume.block_bytes));
        problems.push(inode.bytes.wrong_value("i_size", expected, inode.i_size));
        runs.fill(runs.end(), Place::Unknown);
    }
    runs
}

fn pointers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    let (pointers, _) = bytes.as_chunks::<4>();
    pointers.iter().map(|pointer| u32::from_le_bytes(*pointer))
}

impl<'w> Walk<'w> {
    /// Takes the pointer at byte `at`: to data at level 0, to an indirect block above.
    fn pointer(&mut self, level: u32, pointer: u32, at: u64) {
        let count = (self.volume.block_bytes >> 2).saturating_pow(level);
        let block = u64::from(pointer);
        if block == 0 {
            self.runs.push(count, Place::Hole);
        } else if !self.volume.superblock.holds_block(block) {
            self.out_of_range(level, block, at);
            self.runs.push(count, Place::Unknown);
        } else if level == 0 {
            self.runs.push(1, Place::At(self.volume.offset(block)));
        } else if self.runs.next() < self.runs.end() && !self.runs.is_full() {
            self.indirect(level, block);
        } else {
            self.runs.push(count, Place::Hole);
        }
    }

    /// Reads an indirect block; at most three deep, as [`read_block_map`] starts at level 3 at most.
    fn indirect(&mut self, level: u32, block: u64) {
        let at = self.volume.offset(block);
        match self.indirect_bytes(block, at) {
            Ok(bytes) => {
                for (pointer, slot) in pointers(&bytes).zip(0_u64..) {
                    let at = at.saturating_add(slot.saturating_mul(4));
                    self.pointer(level.saturating_sub(1), pointer, at);
                }
            }
            Err(problem) => {
                self.problems.push(problem);
                let count = (self.volume.block_bytes >> 2).saturating_pow(level);
                self.runs.push(count, Place::Unknown);
            }
        }
    }

    /// The bytes of an indirect block, which lies at byte `at`: not used before, and counted.
    fn indirect_bytes(&mut self, block: u64, at: u64) -> Result<Cow<'w, [u8]>, Problem> {
        let volume = self.volume;
        // What was cut off is neither remembered nor counted: it is not read, and its owners are not bounded by the volume.
        if volume.has(block) {
            if !self.seen.insert(block) {
                let kind = ProblemKind::Inconsistent(term!("ext.used-more-once-one-inode"));
                return Err(Problem::damage("indirect block", at, kind));
            }
            self.budget.spend_on_map("indirect block", at)?;
        }
        volume.block("indirect block", block, self.scratch)
    }

    fn out_of_range(&mut self, level: u32, found: u64, at: u64) {
        let last = self.volume.superblock.s_blocks_count.saturating_sub(1);
        let expected = Expected::Within(self.volume.superblock.s_first_data_block.into(), last);
        let field = if level == 0 { "data block number" } else { "indirect block number" };
        let kind = ProblemKind::Value { field, expected, found };
        self.problems.push(Problem::damage("block map", at, kind));
    }
}
