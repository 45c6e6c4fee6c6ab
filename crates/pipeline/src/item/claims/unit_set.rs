//! A set of allocation units that many threads add to.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Units of a chunk: 8 KiB of memory while it is partly filled, a few bytes while it is empty or full.
const CHUNK_UNITS: u64 = 1 << 16;
const WORDS: usize = 1 << 10;

/// A set of unit numbers below a limit. Its memory is one bit for each unit of a chunk that is neither empty nor full.
#[derive(Debug)]
pub(super) struct UnitSet {
    chunks: Vec<Mutex<Chunk>>,
}

#[derive(Clone, Debug, Default)]
enum Chunk {
    #[default]
    Empty,
    /// The bits, and how many of them are set.
    Part(Box<[u64; WORDS]>, u64),
    Full,
}

/// Units of a word: a bit each.
const WORD_UNITS: u64 = 64;

/// Takes a chunk, the number of its first unit, and a range within it.
type EachChunk<'e> = dyn FnMut(MutexGuard<'_, Chunk>, u64, Range<u64>) + 'e;

impl UnitSet {
    /// Creates an empty set of numbers below `limit`.
    pub(super) fn new(limit: u64) -> Self {
        let count = usize::try_from(limit.div_ceil(CHUNK_UNITS)).unwrap_or(usize::MAX);
        Self { chunks: (0..count).map(|_| Mutex::default()).collect() }
    }

    /// Adds `units`, and hands those to `again` that were in the set before.
    pub(super) fn add(&self, units: Range<u64>, again: &mut dyn FnMut(Range<u64>)) {
        self.each_chunk(units, &mut |mut chunk, start, within| {
            chunk.add(within, &mut |found| again(moved(found, start)));
        });
    }

    /// Hands over the members among `units`, ascending; a run may come in pieces.
    pub(super) fn members(&self, units: Range<u64>, each: &mut dyn FnMut(Range<u64>)) {
        self.each_chunk(units, &mut |chunk, start, within| {
            chunk.members(within, &mut |found| each(moved(found, start)));
        });
    }

    /// Hands over all members, ascending, as runs that do not touch.
    pub(super) fn runs(&self, each: &mut dyn FnMut(Range<u64>)) {
        let mut open = 0..0;
        self.members(
            0..byte_source::length(self.chunks.len()).saturating_mul(CHUNK_UNITS),
            &mut |found| {
                if found.start == open.end {
                    open.end = found.end;
                } else if let done = std::mem::replace(&mut open, found)
                    && !done.is_empty()
                {
                    each(done);
                }
            },
        );
        if !open.is_empty() {
            each(open);
        }
    }

    /// Calls `each` with every chunk that holds some of `units`.
    fn each_chunk(&self, units: Range<u64>, each: &mut EachChunk<'_>) {
        let mut at = units.start;
        while at < units.end {
            let number = at / CHUNK_UNITS;
            let within = at % CHUNK_UNITS;
            let start = number.saturating_mul(CHUNK_UNITS);
            let end = units.end.min(start.saturating_add(CHUNK_UNITS));
            let index = usize::try_from(number).unwrap_or(usize::MAX);
            let Some(chunk) = self.chunks.get(index) else { return };
            let chunk = chunk.lock().unwrap_or_else(PoisonError::into_inner);
            each(chunk, start, within..end.saturating_sub(start));
            at = end;
        }
    }
}

impl Chunk {
    fn add(&mut self, units: Range<u64>, again: &mut dyn FnMut(Range<u64>)) {
        if units == (0..CHUNK_UNITS) {
            self.members(units, again);
            *self = Self::Full;
            return;
        }
        match self {
            Self::Full => return again(units),
            Self::Empty => *self = Self::Part(Box::new([0; WORDS]), 0),
            Self::Part(..) => self.members(units.clone(), again),
        }
        let Self::Part(words, count) = self else { return };
        for (word, mask) in masks(units) {
            if let Some(word) = words.get_mut(word) {
                *count = count.saturating_add(u64::from((mask & !*word).count_ones()));
                *word |= mask;
            }
        }
        if *count == CHUNK_UNITS {
            *self = Self::Full;
        }
    }

    fn members(&self, units: Range<u64>, each: &mut dyn FnMut(Range<u64>)) {
        match self {
            Self::Empty => {}
            Self::Full => each(units),
            Self::Part(words, _) => {
                for (word, mask) in masks(units) {
                    let first = byte_source::length(word).saturating_mul(WORD_UNITS);
                    let mut bits = words.get(word).copied().unwrap_or(0) & mask;
                    while bits != 0 {
                        let start = bits.trailing_zeros();
                        let length = bits.checked_shr(start).unwrap_or(0).trailing_ones();
                        let end = start.saturating_add(length);
                        each(moved(u64::from(start)..u64::from(end), first));
                        bits &= u64::MAX.checked_shl(end).unwrap_or(0);
                    }
                }
            }
        }
    }
}

/// Moves a range up by `start`.
fn moved(range: Range<u64>, start: u64) -> Range<u64> {
    start.saturating_add(range.start)..start.saturating_add(range.end)
}

/// Returns the words that hold `units`, each with the bits of them.
fn masks(units: Range<u64>) -> impl Iterator<Item = (usize, u64)> {
    (units.start / WORD_UNITS..units.end.div_ceil(WORD_UNITS)).map(move |word| {
        let first = word.saturating_mul(WORD_UNITS);
        let last = first.saturating_add(WORD_UNITS);
        let from = units.start.max(first).saturating_sub(first);
        let unused = last.saturating_sub(units.end.min(last));
        let bits = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let mask = u64::MAX.checked_shl(bits(from)).unwrap_or(0)
            & u64::MAX.checked_shr(bits(unused)).unwrap_or(0);
        (byte_source::index(word), mask)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(set: &UnitSet, units: Range<u64>) -> Vec<u64> {
        let mut again = Vec::new();
        set.add(units, &mut |found| again.extend(found));
        again
    }

    fn runs(set: &UnitSet) -> Vec<Range<u64>> {
        let mut runs = Vec::new();
        set.runs(&mut |run| runs.push(run));
        runs
    }

    #[test]
    fn units_go_in_once_over_the_borders_of_words_and_chunks() {
        let set = UnitSet::new(3 * CHUNK_UNITS);
        for units in [0..1, 63..65, 130..131, CHUNK_UNITS - 2..CHUNK_UNITS + 2] {
            assert_eq!(add(&set, units.clone()), [0; 0], "{units:?}");
        }
        assert_eq!(add(&set, 64..132), [64, 130]);
        assert_eq!(runs(&set), [0..1, 63..132, CHUNK_UNITS - 2..CHUNK_UNITS + 2]);
        let again = add(&set, 0..3 * CHUNK_UNITS);
        assert_eq!(again.len(), 1 + (132 - 63) + 4);
        assert_eq!(runs(&set), vec![0..3 * CHUNK_UNITS; 1]);
        assert_eq!(add(&set, 5..7), [5, 6], "a full chunk");
    }

    #[test]
    fn a_chunk_that_fills_up_unit_by_unit_takes_no_memory_for_its_bits() {
        let set = UnitSet::new(CHUNK_UNITS);
        (0..CHUNK_UNITS).rev().for_each(|unit| assert_eq!(add(&set, unit..unit + 1), [0; 0]));
        assert!(matches!(*set.chunks[0].lock().unwrap(), Chunk::Full));
    }

    #[test]
    fn units_past_the_limit_are_not_taken() {
        let set = UnitSet::new(10);
        assert_eq!(add(&set, 1 << 40..1 << 41), [0; 0]);
        assert_eq!(runs(&set), []);
    }
}
