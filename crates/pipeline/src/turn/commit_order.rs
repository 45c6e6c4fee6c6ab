//! Items are read side by side, but written one after the other.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use case_model::StopToken;
use case_store::CaseFile;

use crate::ScanError;
use crate::workers::watch;

/// How long to wait for a turn before looking up.
const PATIENCE: Duration = Duration::from_secs(1);

/// Gives the case to one item at a time, in the order of the items.
pub(crate) struct CommitOrder<'c> {
    case: Mutex<&'c mut CaseFile>,
    order: Mutex<Order>,
    wake: Condvar,
    stop: StopToken,
}

struct Order {
    next: usize,
    failed: bool,
}

/// The turn of one item: the case is its own until this is dropped.
pub(crate) struct CommitTurn<'t, 'c> {
    case: MutexGuard<'t, &'c mut CaseFile>,
    turns: &'t CommitOrder<'c>,
}

impl<'c> CommitOrder<'c> {
    pub(crate) fn new(case: &'c mut CaseFile, stop: &StopToken) -> Self {
        Self {
            case: Mutex::new(case),
            order: Mutex::new(Order { next: 0, failed: false }),
            wake: Condvar::new(),
            stop: stop.clone(),
        }
    }

    /// Waits for the turn of item `at`; `meanwhile` is called now and then.
    ///
    /// # Errors
    /// [`ScanError::Stopped`] after a stop, the item that has the turn. [`ScanError::GivenUp`] when an item before it could not be written.
    pub(crate) fn wait(
        &self,
        at: usize,
        meanwhile: &dyn Fn(),
    ) -> Result<CommitTurn<'_, 'c>, ScanError> {
        loop {
            let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
            if self.stop.is_requested() {
                return Err(ScanError::Stopped);
            }
            if order.failed {
                return Err(ScanError::GivenUp);
            }
            if order.next == at {
                drop(order);
                let case = self.case.lock().unwrap_or_else(PoisonError::into_inner);
                return Ok(CommitTurn { case, turns: self });
            }
            order =
                self.wake.wait_timeout(order, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
            drop(order);
            // The item that has the turn is watched over: waiting for it is no standstill.
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

impl CommitTurn<'_, '_> {
    /// The case.
    pub(crate) fn case(&mut self) -> &mut CaseFile {
        &mut self.case
    }
}

impl Drop for CommitTurn<'_, '_> {
    fn drop(&mut self) {
        let mut order = self.turns.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.next = order.next.saturating_add(1);
        drop(order);
        self.turns.wake.notify_all();
    }
}
