//! Where results wait until the rows of their part are written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use evidence::{Pile, Spill};

use super::saved::{load_results, save_result};
use crate::stream::reader::StreamResult;

/// The results of the streams of one part.
pub(crate) struct PartSlots {
    count: usize,
    spill: Arc<Spill>,
    waiting: Mutex<PendingResults>,
}

#[derive(Default)]
struct PendingResults {
    missing: usize,
    /// A bit for each stream that has a result; nothing before the first one.
    have: Vec<u64>,
    /// The results as they are stored.
    results: Pile,
    /// Bytes of them that a checkpoint has.
    saved: usize,
}

impl PartSlots {
    pub(crate) fn new(count: usize, spill: Arc<Spill>) -> Self {
        Self {
            count,
            spill,
            waiting: Mutex::new(PendingResults { missing: count, ..PendingResults::default() }),
        }
    }

    /// Streams of the part.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Puts a result in its place; the first one stays.
    pub(crate) fn put(&self, index: usize, result: &StreamResult) {
        let mut waiting = self.lock();
        if index >= self.count || waiting.missing == 0 {
            return;
        }
        if waiting.have.is_empty() {
            waiting.have.resize(self.count.div_ceil(64), 0);
        }
        let Some(word) = waiting.have.get_mut(index / 64) else { return };
        let bit = bit_of(index);
        if *word & bit != 0 {
            return;
        }
        *word |= bit;
        waiting.missing = waiting.missing.saturating_sub(1);
        let bytes = save_result(index, result);
        waiting.results.append(&bytes, &self.spill);
    }

    pub(crate) fn has(&self, index: usize) -> bool {
        let waiting = self.lock();
        waiting.have.get(index / 64).is_some_and(|word| word & bit_of(index) != 0)
    }

    /// Puts `result` in every place that has none. Returns how many had none.
    pub(crate) fn fill_missing(&self, result: &StreamResult) -> u64 {
        if self.complete() {
            return 0;
        }
        let missing = (0..self.count).filter(|index| !self.has(*index));
        byte_source::length(missing.map(|index| self.put(index, result)).count())
    }

    /// True when no result is missing.
    pub(crate) fn complete(&self) -> bool {
        self.lock().missing == 0
    }

    /// All results in order.
    pub(crate) fn results(&self) -> Vec<Option<StreamResult>> {
        let bytes = self.lock().results.read(&self.spill);
        let mut results = Vec::new();
        results.resize_with(self.count, || None);
        for (index, result) in load_results(&bytes).unwrap_or_default() {
            if let Some(place) = results.get_mut(index) {
                *place = Some(result);
            }
        }
        results
    }

    /// A checkpoint has, or needs, nothing of what is here now.
    pub(crate) fn all_saved(&self) {
        let mut waiting = self.lock();
        waiting.saved = waiting.results.len();
    }

    /// The results that no checkpoint has, as bytes; they count as kept from now on.
    pub(crate) fn take_unsaved(&self) -> Vec<u8> {
        let mut waiting = self.lock();
        let unsaved = waiting.results.read_from(waiting.saved, &self.spill);
        waiting.saved = waiting.results.len();
        unsaved
    }

    /// Gives the memory back: the rows of the part are written.
    pub(crate) fn clear(&self) {
        let mut waiting = self.lock();
        waiting.results.clear(&self.spill);
        *waiting = PendingResults::default();
    }

    fn lock(&self) -> MutexGuard<'_, PendingResults> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the bit of a result in its word.
fn bit_of(index: usize) -> u64 {
    1_u64.rotate_left(u32::try_from(index % 64).unwrap_or(0))
}
