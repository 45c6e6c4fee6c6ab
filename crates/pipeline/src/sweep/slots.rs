//! Where results wait until the rows of their part are made.

use std::sync::{Mutex, PoisonError};

use crate::stream::StreamResult;

/// The results of the swept streams of one part of a record table.
pub(crate) struct PartSlots(Mutex<Waiting>);

struct Waiting {
    missing: usize,
    results: Vec<Option<StreamResult>>,
}

impl PartSlots {
    /// Room for `count` results.
    pub(crate) fn new(count: usize) -> Self {
        let mut results = Vec::new();
        results.resize_with(count, || None);
        Self(Mutex::new(Waiting { missing: count, results }))
    }

    /// Puts a result into its place. True when it was the last one missing.
    pub(crate) fn put(&self, index: usize, result: StreamResult) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = waiting.results.get_mut(index) else { return false };
        if slot.replace(result).is_some() {
            return false;
        }
        waiting.missing -= 1;
        waiting.missing == 0
    }

    /// True when every result is there.
    pub(crate) fn complete(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).missing == 0
    }

    /// All results, in order.
    pub(crate) fn take(&self) -> Vec<Option<StreamResult>> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).results)
    }
}
