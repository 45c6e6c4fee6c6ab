//! Items are read side by side, but written one after the other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use case_store::CaseFile;

use crate::watch;

/// How long to wait for a turn before looking up.
const PATIENCE: Duration = Duration::from_secs(1);

/// Gives the case to one item at a time, in the order of the items.
pub(crate) struct Turns<'c> {
    case: Mutex<&'c mut CaseFile>,
    order: Mutex<Order>,
    wake: Condvar,
}

struct Order {
    next: usize,
    failed: bool,
}

/// The turn of one item: the case is its own until this is dropped.
pub(crate) struct Turn<'t, 'c> {
    case: MutexGuard<'t, &'c mut CaseFile>,
    turns: &'t Turns<'c>,
}

impl<'c> Turns<'c> {
    pub(crate) fn new(case: &'c mut CaseFile) -> Self {
        Self {
            case: Mutex::new(case),
            order: Mutex::new(Order { next: 0, failed: false }),
            wake: Condvar::new(),
        }
    }

    /// Waits for the turn of item `at`; `meanwhile` is called now and then. `None` when an item before it could not be written: the batch has
    /// failed.
    pub(crate) fn wait(&self, at: usize, meanwhile: &dyn Fn()) -> Option<Turn<'_, 'c>> {
        loop {
            let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
            if order.failed {
                return None;
            }
            if order.next == at {
                drop(order);
                let case = self.case.lock().unwrap_or_else(PoisonError::into_inner);
                return Some(Turn { case, turns: self });
            }
            order = self.wake.wait_timeout(order, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
            drop(order);
            // Whoever has the turn is watched over: waiting for it is no standstill.
            watch::progressed();
            meanwhile();
        }
    }

    /// The case cannot be written: no further item gets a turn.
    pub(crate) fn fail(&self) {
        self.order.lock().unwrap_or_else(PoisonError::into_inner).failed = true;
        self.wake.notify_all();
    }
}

impl Turn<'_, '_> {
    /// The case.
    pub(crate) fn case(&mut self) -> &mut CaseFile {
        &mut self.case
    }
}

impl Drop for Turn<'_, '_> {
    fn drop(&mut self) {
        self.turns.order.lock().unwrap_or_else(PoisonError::into_inner).next += 1;
        self.turns.wake.notify_all();
    }
}
