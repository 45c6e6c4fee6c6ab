//! The extents of one inode, in whatever order its tree holds them, put into the order of the file.

use std::ops::Range;

use byte_source::{Problem, ProblemKind};
use words::term;

use super::problems::Problems;
use super::run_list::{RunList, continues_at, moved};
use crate::Place;

/// Extents of one inode that are kept: as many as runs of one stream, 160 MB of memory.
const MOST_EXTENTS: usize = 1 << 22;
/// Ranges of the file that no readable entry describes; those behind them make everything else unknown.
const MOST_LOST: usize = 1 << 16;

/// So many blocks of the file, from a place on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extent {
    /// First logical block.
    first: u64,
    /// Blocks.
    count: u64,
    place: Place,
    /// Byte offset of its entry in the volume.
    at: u64,
}

impl Extent {
    fn end(&self) -> u64 {
        self.first.saturating_add(self.count)
    }
}

/// Extents in the order of their tree.
pub(super) struct ExtentList {
    block_bytes: u64,
    extents: Vec<Extent>,
    /// Ranges of the file whose extents could not be read: between extents they are unknown, not holes.
    lost: Vec<Range<u64>>,
    /// First logical block behind all extents so far.
    next: u64,
    in_order: bool,
    full: bool,
}

impl ExtentList {
    /// An empty list.
    pub(super) fn new(block_bytes: u64) -> Self {
        Self {
            block_bytes,
            extents: Vec::new(),
            lost: Vec::new(),
            next: 0,
            in_order: true,
            full: false,
        }
    }

    /// True when no more is taken: the limit was reached.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Takes an extent, whose entry lies at byte `at` of the volume.
    pub(super) fn push(&mut self, blocks: Range<u64>, place: Place, at: u64) {
        let extent = Extent {
            first: blocks.start,
            count: blocks.end.saturating_sub(blocks.start),
            place,
            at,
        };
        self.in_order &= extent.first >= self.next;
        self.next = self.next.max(blocks.end);
        if let Some(last) = self.extents.last_mut()
            && last.end() == extent.first
            && continues_at(last.place, last.count.saturating_mul(self.block_bytes), place)
        {
            last.count = last.count.saturating_add(extent.count);
        } else if self.extents.len() < MOST_EXTENTS {
            self.extents.push(extent);
        } else {
            self.full = true;
            self.lose(0..u64::MAX);
        }
    }

    /// Nobody knows which extents these logical blocks have.
    pub(super) fn lose(&mut self, blocks: Range<u64>) {
        if self.lost.len() < MOST_LOST {
            self.lost.push(blocks);
        } else if let Some(last) = self.lost.last_mut() {
            *last = 0..u64::MAX;
        }
    }

    /// Hands the extents to `runs` in the order of the file. What two of them claim differently is unknown, and told.
    pub(super) fn finish(mut self, inode_at: u64, runs: &mut RunList, problems: &mut Problems) {
        if self.full {
            let limit = byte_source::length(MOST_EXTENTS);
            let kind = ProblemKind::LimitReached { what: term!("ext.extents-one-inode"), limit };
            problems.push(Problem::damage("inode", inode_at, kind));
        }
        if !self.in_order {
            let how = term!("ext.extents-out-order-each-read");
            problems.push(Problem::damage("inode", inode_at, ProblemKind::Inconsistent(how)));
            self.extents.sort_by_key(|extent| extent.first);
            self.settle(problems);
            if self.extents.last().is_some_and(|last| last.end() > runs.end()) {
                // An extent behind the end of the file may belong into any gap: none of them is surely a hole.
                self.lose(0..u64::MAX);
            }
        }
        self.fill(runs);
    }

    /// Hands over the extents, and what lies between them.
    fn fill(&mut self, runs: &mut RunList) {
        self.lost.sort_unstable_by_key(|lost| (lost.start, lost.end));
        let mut gaps = Gaps { lost: &self.lost, runs };
        for extent in &self.extents {
            gaps.fill(extent.first);
            gaps.runs.push(extent.count, extent.place);
        }
        let end = gaps.runs.end();
        gaps.fill(end);
    }

    /// Cuts sorted extents where they overlap: what they say alike stays once, what they say differently becomes unknown.
    fn settle(&mut self, problems: &mut Problems) {
        let mut disputed: Vec<Range<u64>> = Vec::new();
        let mut settled: Vec<Extent> = Vec::with_capacity(self.extents.len());
        // The extent that reaches farthest so far.
        let mut farthest: Option<Extent> = None;
        for extent in std::mem::take(&mut self.extents) {
            let common = farthest.map_or(0, |farthest| farthest.end()).min(extent.end());
            let alike = farthest.is_none_or(|farthest| self.says_the_same(&farthest, &extent));
            if common > extent.first && !alike {
                let how = term!("ext.maps-blocks-file-another-extent");
                problems.push(Problem::damage("extent", extent.at, ProblemKind::Inconsistent(how)));
                join(&mut disputed, extent.first..common);
            }
            settled.extend(self.part(&extent, common.max(extent.first)..extent.end()));
            if farthest.is_none_or(|farthest| extent.end() > farthest.end()) {
                farthest = Some(extent);
            }
        }
        self.leave_out(settled, &disputed);
        disputed.into_iter().for_each(|range| self.lose(range));
    }

    /// Keeps what of sorted extents lies outside the ranges, which ascend.
    fn leave_out(&mut self, settled: Vec<Extent>, disputed: &[Range<u64>]) {
        let mut first = 0;
        for extent in settled {
            while disputed.get(first).is_some_and(|range| range.end <= extent.first) {
                first = first.saturating_add(1);
            }
            let mut from = extent.first;
            for range in disputed.iter().skip(first).take_while(|range| range.start < extent.end())
            {
                self.extents.extend(self.part(&extent, from..range.start));
                from = from.max(range.end);
            }
            self.extents.extend(self.part(&extent, from..extent.end()));
        }
    }

    /// Where both extents map a block, do they map it to the same place?
    fn says_the_same(&self, one: &Extent, later: &Extent) -> bool {
        let blocks = later.first.saturating_sub(one.first);
        moved(one.place, blocks.saturating_mul(self.block_bytes)) == later.place
    }

    /// A part of an extent; `None` for an empty one.
    fn part(&self, of: &Extent, blocks: Range<u64>) -> Option<Extent> {
        let skipped = blocks.start.saturating_sub(of.first).saturating_mul(self.block_bytes);
        let part = Extent {
            first: blocks.start,
            count: blocks.end.saturating_sub(blocks.start),
            place: moved(of.place, skipped),
            at: of.at,
        };
        (part.count > 0).then_some(part)
    }
}

/// Adds a range that starts at or behind the start of the last one.
fn join(ranges: &mut Vec<Range<u64>>, range: Range<u64>) {
    match ranges.last_mut() {
        Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
        _ => ranges.push(range),
    }
}

/// What lies between extents.
struct Gaps<'g> {
    /// Ascending by start.
    lost: &'g [Range<u64>],
    runs: &'g mut RunList,
}

impl Gaps<'_> {
    /// Fills the file up to block `to`: holes, but unknown where extents were lost.
    fn fill(&mut self, to: u64) {
        while self.runs.next() < to {
            let at = self.runs.next();
            // A range that ends before this block is done with: extents come in ascending order.
            let rest = self.lost.iter().position(|lost| lost.end > at).unwrap_or(self.lost.len());
            self.lost = self.lost.get(rest..).unwrap_or_default();
            match self.lost.first() {
                Some(lost) if lost.start <= at => self.runs.fill(lost.end.min(to), Place::Unknown),
                Some(lost) => self.runs.fill(lost.start.min(to), Place::Hole),
                None => self.runs.fill(to, Place::Hole),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Run;

    fn list(
        extents: &[(u64, u64, u64)],
        lost: &[Range<u64>],
        blocks: u64,
    ) -> (Vec<(u64, Place)>, usize) {
        let mut list = ExtentList::new(1);
        for (first, count, at) in extents {
            list.push(*first..first + count, Place::At(*at), 7);
        }
        lost.iter().for_each(|lost| list.lose(lost.clone()));
        let mut runs = RunList::new(blocks, 1);
        let mut problems = Problems::default();
        list.finish(0, &mut runs, &mut problems);
        let (runs, _) = runs.finish(0, &mut Problems::default());
        let pair = |run: &Run| (run.length, run.place);
        (runs.iter().map(pair).collect(), problems.into_vec().len())
    }

    #[test]
    fn gaps_are_holes_but_where_extents_were_lost() {
        let (runs, problems) = list(&[(2, 2, 100), (8, 1, 200)], &[5..7, 3..6], 12);
        let expected = [
            (2, Place::Hole),
            (2, Place::At(100)),
            (3, Place::Unknown),
            (1, Place::Hole),
            (1, Place::At(200)),
            (3, Place::Hole),
        ];
        assert_eq!((runs.as_slice(), problems), (expected.as_slice(), 0));
    }

    #[test]
    fn what_is_said_differently_is_unknown_and_what_is_said_alike_is_kept() {
        let (runs, problems) =
            list(&[(0, 100, 1000), (10, 10, 5000), (15, 15, 6000), (50, 10, 1050)], &[], 100);
        let expected = [(10, Place::At(1000)), (20, Place::Unknown), (70, Place::At(1030))];
        assert_eq!(runs, expected);
        assert_eq!(problems, 3, "out of order, and two that contradict the first");
    }

    #[test]
    fn gaps_are_no_holes_when_an_extent_went_behind_the_end_of_the_file() {
        let moved_away = [(0, 8, 10), (1000, 8, 50), (40, 8, 90)];
        let (runs, problems) = list(&moved_away, &[], 48);
        assert_eq!(runs, [(8, Place::At(10)), (32, Place::Unknown), (8, Place::At(90))]);
        assert_eq!(problems, 1);
        let allocated_beforehand = [(0, 8, 10), (40, 8, 90), (1000, 8, 50)];
        assert_eq!(list(&allocated_beforehand, &[], 48).0.get(1), Some(&(32, Place::Hole)));
    }

    #[test]
    fn every_order_gives_the_same() {
        let extents = [(0, 8, 10), (20, 8, 50), (40, 8, 90)];
        let (whole, _) = list(&extents, &[], 48);
        for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            assert_eq!(list(&order.map(|slot: usize| extents[slot]), &[], 48), (whole.clone(), 1));
        }
    }
}
