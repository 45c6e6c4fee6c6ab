//! Going on with a pass that was broken off, and what is stored so that this is possible.

use std::collections::HashMap;
use std::sync::Arc;

use super::big::BigJob;
use super::job::Slot;
use super::pass::Sweep;
use super::saved::{SavedBig, SavedSweep, load_results};
use super::slots::PartSlots;
use crate::stream::bad_ranges::BadRanges;
use crate::stream::unbatched::SavedUnbatched;
use crate::stream::unsaved_stream::UnsavedStream;
use crate::sweep::chain::MAX_RANGES;

/// Where an earlier pass of the same plan was broken off; nothing for a pass from the start.
#[derive(Default)]
pub(crate) struct RestoredSweep {
    /// Parts whose rows are written.
    pub(crate) parts: usize,
    pub(crate) sweep: SavedSweep,
    /// Results of streams of other parts, as bytes.
    pub(crate) results: Vec<(usize, Vec<u8>)>,
}

/// The state of a pass.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) sweep: SavedSweep,
    /// Results that no snapshot had before: the part, and the results as bytes.
    pub(crate) results: Vec<(u64, Vec<u8>)>,
}

impl RestoredSweep {
    /// Puts the results into their places.
    pub(crate) fn fill(&mut self, slots: &[PartSlots]) {
        for (part, bytes) in std::mem::take(&mut self.results) {
            if let Some(slots) = slots.get(part).filter(|_| part >= self.parts) {
                let results = load_results(&bytes).unwrap_or_default();
                results.iter().for_each(|(index, result)| slots.put(*index, result));
            }
        }
    }

    /// The streams that are read alone and have no result yet.
    pub(crate) fn alone(&mut self, slots: &[PartSlots]) -> Vec<SavedUnbatched> {
        let mut alone = std::mem::take(&mut self.sweep.alone);
        alone.retain(|saved| {
            let (part, index) = saved.slot;
            part >= self.parts && slots.get(part).is_some_and(|slots| !slots.has(index))
        });
        alone
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
        let saved: HashMap<Slot, &SavedBig> =
            saved.iter().map(|big| ((big.part, big.index), big)).collect();
        let mut state = self.lock();
        let begun = state
            .big
            .take_out(&|job| saved.contains_key(&job.slot()) || self.alone.has_begun(job.slot()));
        for job in begun.into_iter().map(Arc::new) {
            let new = || BigJob::new(Arc::clone(&job), self.reading());
            let stored = saved.get(&job.slot());
            let restored = stored.and_then(|saved| new().restore(saved, self.analysers));
            if stored.is_some() && restored.is_none() {
                state.not_restored = state.not_restored.saturating_add(1);
            }
            let mut big = restored.unwrap_or_else(new);
            // Bytes that cannot be read were met before.
            big.damaged = self.alone.has_begun(job.slot());
            state.active.push(big);
        }
        state.big.get(0);
    }

    /// Parts whose rows are written.
    pub(crate) fn parts_written(&self) -> usize {
        self.lock().written_parts
    }

    /// Where the pass stands: as good a place to go on from as any, since every digest and every stream goes its own way.
    ///
    /// Results of parts that are written are no part of it, and none is given twice.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let state = self.lock();
        let mut big = Vec::new();
        let mut unsaved = Vec::new();
        for stream in &state.active {
            match stream.save(self.analysers) {
                Ok(saved) => big.extend(saved),
                Err(why) => unsaved.push(UnsavedStream::new(stream.job.slot(), why)),
            }
        }
        let (alone, unsaved_alone) = self.alone.save();
        unsaved.extend(unsaved_alone);
        let sweep = SavedSweep {
            window_bytes: self.window_bytes,
            chains: state.chains.iter().map(super::chain::Chain::save).collect(),
            unread: state.unread.ranges().to_vec(),
            big,
            alone,
            unsaved,
        };
        let written = state.written_parts;
        drop(state);
        // Last: a stream that is done meanwhile is among the results, or was not yet when it was looked at.
        Snapshot { sweep, results: unsaved_results(&self.slots, written) }
    }
}

/// The results that no checkpoint has, of the parts that are not written yet.
pub(crate) fn unsaved_results(slots: &[PartSlots], written: usize) -> Vec<(u64, Vec<u8>)> {
    let unsaved =
        |(part, slots): (usize, &PartSlots)| (byte_source::length(part), slots.take_unsaved());
    slots
        .iter()
        .enumerate()
        .skip(written)
        .map(unsaved)
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect()
}
