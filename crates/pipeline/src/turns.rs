//! Items are read side by side, but written one after the other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use case_store::CaseFile;

/// Gives the case to one item at a time, in the order of the items.
pub(crate) struct Turns<'c> {
    shared: Mutex<Shared<'c>>,
    wake: Condvar,
}

struct Shared<'c> {
    case: &'c mut CaseFile,
    next: usize,
    failed: bool,
}

/// The turn of one item: the case is its own until this is dropped.
pub(crate) struct Turn<'t, 'c> {
    guard: MutexGuard<'t, Shared<'c>>,
    wake: &'t Condvar,
}

impl<'c> Turns<'c> {
    pub(crate) fn new(case: &'c mut CaseFile) -> Self {
        Self { shared: Mutex::new(Shared { case, next: 0, failed: false }), wake: Condvar::new() }
    }

    /// Waits for the turn of item `at`. `None` when an item before it could not be written: the batch has failed.
    pub(crate) fn wait(&self, at: usize) -> Option<Turn<'_, 'c>> {
        let mut guard = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        while guard.next != at && !guard.failed {
            guard = self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        (!guard.failed).then_some(Turn { guard, wake: &self.wake })
    }

    /// The case cannot be written: no further item gets a turn.
    pub(crate) fn fail(&self) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).failed = true;
        self.wake.notify_all();
    }
}

impl Turn<'_, '_> {
    /// The case.
    pub(crate) fn case(&mut self) -> &mut CaseFile {
        self.guard.case
    }
}

impl Drop for Turn<'_, '_> {
    fn drop(&mut self) {
        self.guard.next += 1;
        self.wake.notify_all();
    }
}
