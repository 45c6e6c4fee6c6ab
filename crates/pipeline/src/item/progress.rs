//! Progress of an item in steps.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Event, Observer};

/// Bytes after which progress is reported: workers add to it for every piece.
const STEP_BYTES: u64 = 4 << 20;

/// Sums the bytes that workers have done.
pub(crate) struct Progress<'o> {
    observer: &'o dyn Observer,
    unreported: AtomicU64,
}

impl<'o> Progress<'o> {
    pub(crate) fn new(observer: &'o dyn Observer) -> Self {
        Self { observer, unreported: AtomicU64::new(0) }
    }

    /// Adds `bytes`, and reports the sum when it is a step.
    pub(crate) fn advance(&self, bytes: u64) {
        let sum = self.unreported.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if sum >= STEP_BYTES {
            self.observer.event(&Event::Advanced(self.unreported.swap(0, Ordering::Relaxed)));
        }
    }
}
