//! Which blocks of the volume are read from the journal, asked by byte offset.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::overlay::Substitute;
use case_model::Exactness;

use crate::{Extents, Place, Run};

/// The blocks that the journal replaces.
#[derive(Clone, Default)]
pub(in crate::ext) struct Replaced {
    blocks: Arc<BTreeMap<u64, Substitute>>,
    block_bytes: u64,
}

impl Replaced {
    /// These blocks of `block_bytes` bytes.
    pub(super) fn new(blocks: Arc<BTreeMap<u64, Substitute>>, block_bytes: u64) -> Self {
        Self { blocks, block_bytes }
    }

    /// Returns where the bytes at an offset of the volume are: there, or in the journal. The bytes must lie in one block.
    pub(in crate::ext) fn place(&self, at: u64) -> Place {
        let Some(block) = at.checked_div(self.block_bytes) else { return Place::At(at) };
        let within = at.checked_rem(self.block_bytes).unwrap_or(0);
        match self.blocks.get(&block) {
            None => Place::At(at),
            // The journal has zeros where the block has its magic number.
            Some(substitute) if substitute.escaped && within < 4 => Place::Unknown,
            Some(substitute) => Place::At(substitute.at.saturating_add(within)),
        }
    }

    /// Returns extents with the places in the journal for what is replaced. Not exact where the journal lacks bytes that were escaped.
    pub(in crate::ext) fn stored(&self, found: Extents) -> Extents {
        if self.blocks.is_empty() {
            return found;
        }
        let mut runs = Vec::with_capacity(found.runs.len());
        found.runs.iter().for_each(|run| self.store(run, &mut runs));
        let lacks = |runs: &[Run]| runs.iter().filter(|run| run.place == Place::Unknown).count();
        let exactness = match lacks(&runs) > lacks(&found.runs) {
            true => Exactness::Incomplete,
            false => found.exactness,
        };
        Extents { runs, exactness }
    }

    /// Appends a run, divided where a replaced block begins or ends.
    fn store(&self, run: &Run, runs: &mut Vec<Run>) {
        let Place::At(start) = run.place else { return runs.push(*run) };
        let end = start.saturating_add(run.length);
        let block = |at: u64| at.checked_div(self.block_bytes).unwrap_or(0);
        let mut at = start;
        for (block, substitute) in self.blocks.range(block(start)..=block(end.saturating_sub(1))) {
            let first = block.saturating_mul(self.block_bytes);
            push(runs, &mut at, first.min(end), Place::At);
            self.store_block(first, *substitute, &mut at, end, runs);
        }
        push(runs, &mut at, end, Place::At);
    }

    /// Appends what of a replaced block, which begins at byte `first`, lies before byte `end`.
    fn store_block(
        &self,
        first: u64,
        substitute: Substitute,
        at: &mut u64,
        end: u64,
        runs: &mut Vec<Run>,
    ) {
        if substitute.escaped {
            push(runs, at, first.saturating_add(4).min(end), |_| Place::Unknown);
        }
        let last = first.saturating_add(self.block_bytes).min(end);
        let in_journal = |at: u64| substitute.at.saturating_add(at.saturating_sub(first));
        push(runs, at, last, |at| Place::At(in_journal(at)));
    }
}

/// Appends the bytes from `at` up to `to`, at the place that `place` gives the first of them.
fn push(runs: &mut Vec<Run>, at: &mut u64, to: u64, place: impl Fn(u64) -> Place) {
    if to > *at {
        runs.push(Run { length: to.saturating_sub(*at), place: place(*at) });
        *at = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_block_is_in_the_journal_but_for_the_bytes_that_were_escaped() {
        let blocks = [
            (3, Substitute { at: 9000, escaped: true }),
            (4, Substitute { at: 7000, escaped: false }),
        ];
        let replaced = Replaced::new(Arc::new(blocks.into_iter().collect()), 1000);
        let places = [2999, 3003, 3004, 4000, 5000].map(|at| replaced.place(at));
        assert_eq!(
            places,
            [Place::At(2999), Place::Unknown, Place::At(9004), Place::At(7000), Place::At(5000)]
        );
        assert_eq!(Replaced::default().place(77), Place::At(77));
    }

    #[test]
    fn extents_are_divided_at_replaced_blocks() {
        let blocks = [
            (3, Substitute { at: 9000, escaped: false }),
            (5, Substitute { at: 7000, escaped: true }),
        ];
        let replaced = Replaced::new(Arc::new(blocks.into_iter().collect()), 1000);
        let of = |start, length| {
            let runs = vec![Run { length, place: Place::At(start) }];
            let stored = replaced.stored(Extents { runs, exactness: Exactness::Exact });
            let runs: Vec<_> = stored.runs.iter().map(|run| (run.length, run.place)).collect();
            (runs, stored.exactness)
        };
        let at = Place::At;
        assert_eq!(of(0, 3000), (vec![(3000, at(0))], Exactness::Exact));
        let divided = vec![(500, at(2500)), (1000, at(9000)), (100, at(4000))];
        assert_eq!(of(2500, 1600), (divided, Exactness::Exact));
        assert_eq!(of(3100, 50), (vec![(50, at(9100))], Exactness::Exact));
        let escaped = vec![(1000, at(4000)), (4, Place::Unknown), (996, at(7004)), (5, at(6000))];
        assert_eq!(of(4000, 2005), (escaped, Exactness::Incomplete));
        assert_eq!(of(5004, 6), (vec![(6, at(7004))], Exactness::Exact));
    }
}
