//! Which chunk stands in which table: tables in their order, around what is missing.

use byte_source::{BadReason, Problem};
use words::term;

use super::placed::{Hole, Placed};
use super::table::Table;
use crate::problems::inconsistent;

/// What the sections of all segment files hold, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A table of segment file `file` (an index). Without a sound header its number of entries is a guess.
    Table { file: usize, table: Table, sound_header: bool },
    /// Chunks may be missing here, nobody knows how many.
    Gap(BadReason),
}

/// Where every chunk's table is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// By the number of their first chunk, without overlaps.
    pub(super) tables: Vec<Placed<Table>>,
    /// Why the chunks that no table holds are missing, in their order; the last reason is for the end.
    pub(super) holes: Vec<Hole>,
    /// Chunks in all.
    pub(super) chunks: u64,
}

/// Numbers the chunks. `total` is how many the volume section promises, 0 when it does not say.
///
/// With one gap its length follows from `total`. With several, what lies between the first and the last cannot be placed and is given up.
pub(super) fn place(mut items: Vec<Item>, total: u64, problems: &mut Vec<Problem>) -> Layout {
    distrust_counts(&mut items, total);
    let held = held(&items);
    let gaps = |item: &Item| matches!(item, Item::Gap(_));
    let first_gap = items.iter().position(gaps);
    let last_gap = items.iter().rposition(gaps);
    let chunks = total.max(held);
    let mut layout = Layout { chunks, ..Layout::default() };
    let Some((first_gap, last_gap)) = first_gap.zip(last_gap) else {
        if held < total {
            problems.push(inconsistent(
                "EWF table section",
                0,
                term!("ewf.tables-hold-fewer-chunks-volume"),
            ));
        }
        layout.add(&items, 0);
        layout.close(BadReason::LayoutEnds);
        return layout;
    };
    let (before, rest) = items.split_at(first_gap);
    let (between, after) = rest.split_at(last_gap.saturating_sub(first_gap));
    layout.add(before, 0);
    let behind = if total == 0 { 0 } else { self::held(after) };
    let lost = self::held(between).saturating_add(self::held(after)).saturating_sub(behind);
    if lost > 0 {
        problems.push(inconsistent(
            "EWF table section",
            0,
            term!("ewf.chunks-behind-gap-cannot-placed"),
        ));
    }
    if total == 0 {
        layout.chunks = self::held(before);
    } else {
        layout.add(after, chunks.saturating_sub(behind));
    }
    layout.close(items.get(first_gap).map_or(BadReason::LayoutEnds, reason_of));
    layout
}

/// Returns why chunks are missing at an item.
fn reason_of(item: &Item) -> BadReason {
    match item {
        Item::Gap(reason) => *reason,
        Item::Table { .. } => BadReason::LayoutEnds,
    }
}

/// Chunks in these tables.
fn held(items: &[Item]) -> u64 {
    items.iter().fold(0, |sum, item| match item {
        Item::Table { table, .. } => sum.saturating_add(table.count),
        Item::Gap(_) => sum,
    })
}

/// A table whose header is not sound has as many entries as it says only if the sum is right; otherwise it is a gap.
fn distrust_counts(items: &mut [Item], total: u64) {
    if held(items) == total {
        return;
    }
    for item in items.iter_mut() {
        if let Item::Table { sound_header: false, .. } = item {
            *item = Item::Gap(BadReason::LayoutEnds);
        }
    }
}

impl Layout {
    fn add(&mut self, items: &[Item], from: u64) {
        let mut first = from;
        for item in items {
            if let Item::Table { file, table, .. } = item
                && table.count > 0
            {
                self.tables.push(Placed { first, file: *file, table: *table });
                first = first.saturating_add(table.count);
            }
        }
    }

    /// Names what the tables leave open.
    fn close(&mut self, reason: BadReason) {
        let mut next = 0;
        for placed in &self.tables {
            if next < placed.first {
                self.holes.push(Hole { first: next, end: placed.first, reason });
            }
            next = placed.first.saturating_add(placed.table.count);
        }
        if next < self.chunks {
            self.holes.push(Hole { first: next, end: self.chunks, reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(count: u64) -> Item {
        let table = Table { entries_at: 0, count, base: 0, data_end: 0, overflow_from: u64::MAX };
        Item::Table { file: 0, table, sound_header: true }
    }

    fn gap(number: u32) -> Item {
        Item::Gap(BadReason::MissingSegment { number })
    }

    fn firsts(layout: &Layout) -> Vec<u64> {
        layout.tables.iter().map(|placed| placed.first).collect()
    }

    #[test]
    fn one_gap_is_as_long_as_what_is_missing_from_the_total() {
        let mut problems = Vec::new();
        let layout = place(vec![table(10), gap(2), table(5), table(5)], 100, &mut problems);
        assert_eq!(firsts(&layout), [0, 90, 95]);
        let reason = BadReason::MissingSegment { number: 2 };
        assert_eq!(layout.holes, [Hole { first: 10, end: 90, reason }]);
        assert_eq!(problems, []);
    }

    #[test]
    fn between_two_gaps_nothing_is_placed_by_guess() {
        let mut problems = Vec::new();
        let layout = place(vec![table(10), gap(2), table(7), gap(4), table(5)], 100, &mut problems);
        assert_eq!(firsts(&layout), [0, 95]);
        assert_eq!(layout.holes.len(), 1);
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn a_gap_without_a_total_ends_the_medium() {
        let mut problems = Vec::new();
        let layout = place(vec![table(10), gap(2), table(7)], 0, &mut problems);
        assert_eq!((firsts(&layout), layout.chunks), (vec![0], 10));
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn an_unsound_count_moves_no_later_chunk() {
        let unsound = |count| match table(count) {
            Item::Table { file, table, .. } => Item::Table { file, table, sound_header: false },
            gap @ Item::Gap(_) => gap,
        };
        let layout = place(vec![table(10), unsound(3), table(10)], 30, &mut Vec::new());
        assert_eq!(firsts(&layout), [0, 20]);
        let layout = place(vec![table(10), unsound(10), table(10)], 30, &mut Vec::new());
        assert_eq!(firsts(&layout), [0, 10, 20]);
    }
}
