//! Going on with a pass that was broken off, and what is stored so that this is possible.

use std::collections::HashMap;

use super::big::BigJob;
use super::saved::{SavedBig, SavedSweep, save_results};
use super::schedule::Sweep;
use super::slots::PartSlots;
use crate::bad_ranges::BadRanges;
use crate::stream::StreamResult;
use crate::sweep::chain::MAX_RANGES;

/// Where an earlier pass of the same plan was broken off; nothing for a pass from the start.
#[derive(Default)]
pub(crate) struct Restored {
    /// Parts whose rows are written.
    pub(crate) parts: usize,
    pub(crate) sweep: SavedSweep,
    /// Results of streams of other parts.
    pub(crate) results: Vec<(usize, Vec<(usize, StreamResult)>)>,
}

/// Where a pass stands.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) sweep: SavedSweep,
    /// Results that no snapshot had before: the part, and the results as bytes.
    pub(crate) results: Vec<(u64, Vec<u8>)>,
}

impl Restored {
    /// Puts the results into their places; gives the parts that are written.
    pub(super) fn fill(&mut self, slots: &[PartSlots]) -> usize {
        slots.iter().take(self.parts).for_each(PartSlots::clear);
        for (part, results) in std::mem::take(&mut self.results) {
            if let Some(slots) = slots.get(part).filter(|_| part >= self.parts) {
                results.into_iter().for_each(|(index, result)| slots.put(index, result, true));
            }
        }
        self.parts.min(slots.len())
    }
}

impl Sweep<'_> {
    /// Goes on where an earlier pass stood. What does not fit (another version stored it) is done once more.
    pub(super) fn restore(&mut self, saved: &SavedSweep) {
        if saved.chains.is_empty() || saved.window_bytes != self.window_bytes {
            return;
        }
        self.restore_chains(saved);
        self.restore_big(&saved.big);
        let mut state = self.lock();
        let chains = state.chains.iter().map(|chain| chain.next).min().unwrap_or(0);
        let tail = self.tail(&state, self.frontier(&state));
        (state.decoded, state.next_decode) = (chains, chains);
        state.evicted = tail.min(chains);
        drop(state);
        let done = chains.saturating_mul(self.window_bytes).min(self.medium.len());
        (self.advanced)(done);
    }

    fn restore_chains(&mut self, saved: &SavedSweep) {
        let len = self.medium.len();
        let mut state = self.lock();
        let mut chains = state.chains.clone();
        // All or none: what could not be read belongs to all of them.
        let all = chains.len() == saved.chains.len()
            && chains.iter_mut().zip(&saved.chains).all(|(chain, stored)| {
                let position = stored.next.saturating_mul(saved.window_bytes).min(len);
                chain.restore(stored, position).is_some()
            });
        if all {
            state.chains = chains;
            state.unread = BadRanges::after(MAX_RANGES, saved.unread.clone());
        }
    }

    /// Streams that were on their way come first, as if they had just been admitted.
    fn restore_big(&mut self, saved: &[SavedBig]) {
        let saved: HashMap<(usize, usize), &SavedBig> =
            saved.iter().map(|big| ((big.part, big.index), big)).collect();
        let begun = |job: &super::job::Job| saved.contains_key(&(job.part, job.index));
        let jobs = std::mem::take(&mut self.big);
        let (mut first, rest): (Vec<_>, Vec<_>) = jobs.into_iter().partition(begun);
        let count = first.len();
        first.extend(rest);
        self.big = first;
        let mut state = self.lock();
        for (number, job) in self.big.iter().enumerate().take(count) {
            let new = || BigJob::new(number, job, self.selection);
            let big = saved.get(&(job.part, job.index)).and_then(|saved| new().restore(saved, job));
            state.active.push(big.unwrap_or_else(new));
        }
        state.next_big = count;
    }

    /// Parts whose rows are written.
    pub(crate) fn parts_written(&self) -> usize {
        self.lock().written_parts
    }

    /// Where the pass stands: as good a place to go on from as any, since every digest and every stream goes its own way.
    ///
    /// Results of parts that are written are no part of it, and none is given twice.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        let state = self.lock();
        let big = state.active.iter().filter_map(|active| active.save(self.big.get(active.job)?)).collect();
        let sweep = SavedSweep {
            window_bytes: self.window_bytes,
            chains: state.chains.iter().map(super::chain::Chain::save).collect(),
            unread: state.unread.ranges().to_vec(),
            big,
        };
        let written = state.written_parts;
        drop(state);
        let mut results = Vec::new();
        for (part, slots) in self.slots.iter().enumerate().skip(written) {
            let unsaved = slots.take_unsaved();
            if !unsaved.is_empty() {
                results.push((part as u64, save_results(&unsaved)?));
            }
        }
        Some(Snapshot { sweep, results })
    }
}
