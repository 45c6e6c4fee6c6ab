//! Where results wait until the rows of their part are written.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::stream::StreamResult;

/// The results of the swept streams of one part of a record table.
pub(crate) struct PartSlots(Mutex<Waiting>);

struct Waiting {
    missing: usize,
    results: Vec<Option<StreamResult>>,
    /// Results that no checkpoint has yet.
    unsaved: Vec<usize>,
}

impl PartSlots {
    /// Room for `count` results.
    pub(crate) fn new(count: usize) -> Self {
        let mut results = Vec::new();
        results.resize_with(count, || None);
        Self(Mutex::new(Waiting { missing: count, results, unsaved: Vec::new() }))
    }

    /// Puts a result into its place, unless there is one. What a checkpoint gave back need not be saved once more.
    pub(crate) fn put(&self, index: usize, result: StreamResult, saved: bool) {
        let mut waiting = self.lock();
        let Some(slot) = waiting.results.get_mut(index) else { return };
        if slot.replace(result).is_some() {
            return;
        }
        waiting.missing -= 1;
        if !saved {
            waiting.unsaved.push(index);
        }
    }

    /// True when the result is there.
    pub(crate) fn has(&self, index: usize) -> bool {
        self.lock().results.get(index).is_some_and(Option::is_some)
    }

    /// True when every result is there.
    pub(crate) fn complete(&self) -> bool {
        self.lock().missing == 0
    }

    /// All results, in order. They stay until they are written.
    pub(crate) fn results(&self) -> Vec<Option<StreamResult>> {
        self.lock().results.clone()
    }

    /// The results that have come since this was asked before.
    pub(crate) fn take_unsaved(&self) -> Vec<(usize, StreamResult)> {
        let mut waiting = self.lock();
        let unsaved = std::mem::take(&mut waiting.unsaved);
        let result = |index: usize| Some((index, waiting.results.get(index)?.clone()?));
        unsaved.into_iter().filter_map(result).collect()
    }

    /// The rows are written: nothing is kept any more.
    pub(crate) fn clear(&self) {
        *self.lock() = Waiting { missing: 0, results: Vec::new(), unsaved: Vec::new() };
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
