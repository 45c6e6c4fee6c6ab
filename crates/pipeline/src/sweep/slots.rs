//! Where results wait until the rows of their part are written.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::stream::StreamResult;

/// The results of the swept streams of one part of a record table.
pub(crate) struct PartSlots {
    count: usize,
    waiting: Mutex<Waiting>,
}

struct Waiting {
    missing: usize,
    /// Empty before the first result and after the last use: a scan of millions of files has few parts in work.
    results: Vec<Option<StreamResult>>,
    /// Results that no checkpoint has yet.
    unsaved: Vec<usize>,
}

impl PartSlots {
    /// Room for `count` results.
    pub(crate) fn new(count: usize) -> Self {
        let waiting = Waiting { missing: count, results: Vec::new(), unsaved: Vec::new() };
        Self { count, waiting: Mutex::new(waiting) }
    }

    /// Streams of the part that are swept.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Puts a result into its place, unless there is one. What a checkpoint gave back need not be saved once more.
    pub(crate) fn put(&self, index: usize, result: StreamResult, saved: bool) {
        let mut waiting = self.lock();
        if waiting.results.is_empty() && waiting.missing == self.count {
            waiting.results.resize_with(self.count, || None);
        }
        let Some(slot) = waiting.results.get_mut(index) else { return };
        if slot.replace(result).is_some() {
            return;
        }
        waiting.missing -= 1;
        if !saved {
            waiting.unsaved.push(index);
        }
    }

    /// The result, when it is there.
    pub(crate) fn result(&self, index: usize) -> Option<StreamResult> {
        self.lock().results.get(index)?.clone()
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
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
