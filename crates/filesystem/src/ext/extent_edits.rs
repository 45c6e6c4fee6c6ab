//! Changes to the extents of one inode, and the runs that follow from them.

use std::collections::BTreeMap;
use std::ops::Range;

use super::run_list::moved;
use crate::{Place, Run};

/// The last change of each logical block.
pub(super) struct ExtentEdits {
    block_bytes: u64,
    /// First block, then count and place; edits do not overlap.
    edits: BTreeMap<u64, (u64, Place)>,
}

impl ExtentEdits {
    /// No changes, in blocks of `block_bytes` bytes.
    pub(super) fn new(block_bytes: u64) -> Self {
        Self { block_bytes, edits: BTreeMap::new() }
    }

    /// True when nothing changed.
    pub(super) fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Places that changed, each with its number of blocks.
    pub(super) fn places(&self) -> impl Iterator<Item = (u64, Place)> {
        self.edits.values().copied()
    }

    /// Puts the logical blocks from `first` on at `place`, wherever they were before.
    pub(super) fn set(&mut self, first: u64, count: u64, place: Place) {
        if count == 0 {
            return;
        }
        let end = first.saturating_add(count);
        for (start, length, place) in self.take_out(first..end) {
            let reach = start.saturating_add(length);
            if reach > end {
                let skipped = end.saturating_sub(start).saturating_mul(self.block_bytes);
                self.edits.insert(end, (reach.saturating_sub(end), moved(place, skipped)));
            }
        }
        self.edits.insert(first, (count, place));
    }

    /// Removes the edits that reach into these blocks, and puts back what they have in front of them.
    /// Returns those edits whole: first block, count, place.
    fn take_out(&mut self, blocks: Range<u64>) -> Vec<(u64, u64, Place)> {
        let first = blocks.start;
        // Only the last edit that begins before `first` can reach into the blocks.
        let before = self.edits.range(..first).next_back().map(|(start, edit)| (*start, *edit));
        let within: Vec<u64> = self.edits.range(blocks).map(|(start, _)| *start).collect();
        let mut taken = Vec::new();
        if let Some((start, (length, place))) = before
            && start.saturating_add(length) > first
        {
            self.edits.insert(start, (first.saturating_sub(start), place));
            taken.push((start, length, place));
        }
        for start in within {
            if let Some((length, place)) = self.edits.remove(&start) {
                taken.push((start, length, place));
            }
        }
        taken
    }

    /// Returns the runs with the edits in them; up to the end that they had.
    pub(super) fn apply(&self, runs: Vec<Run>) -> Vec<Run> {
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

    #[test]
    fn a_later_range_takes_the_place_of_an_earlier_one_and_leaves_its_ends() {
        let at = |block: u64| Place::At(block * 1024);
        let mut edits = ExtentEdits::new(1024);
        for (first, count, place) in [(2, 6, at(100)), (4, 2, Place::Hole), (7, 4, at(200))] {
            edits.set(first, count, place);
        }
        let runs = vec![
            Run { length: 3 * 1024, place: at(50) },
            Run { length: 6 * 1024, place: Place::Hole },
        ];
        let found: Vec<_> =
            edits.apply(runs).iter().map(|run| (run.length / 1024, run.place)).collect();
        let expected = [(2, at(50)), (2, at(100)), (2, Place::Hole), (1, at(104)), (2, at(200))];
        assert_eq!(found, expected);
        assert_eq!(found.iter().map(|(blocks, _)| blocks).sum::<u64>(), 9, "the length stays");
    }
}
