//! The turn of one item, before it has come.

use std::path::Path;

use crate::turn::commit_order::{CommitOrder, CommitTurn};
use crate::turn::deferred_events::DeferredEvents;
use crate::{Event, ScanError};

/// What an item needs to wait for its turn.
pub(crate) struct ItemTurn<'t, 'c> {
    pub(crate) order: &'t CommitOrder<'c>,
    /// The item's place in the order, from 0.
    pub(crate) at: usize,
    /// Items of the run.
    pub(crate) count: usize,
    /// The item's path as it was given.
    pub(crate) item: &'t Path,
    pub(crate) observer: &'t DeferredEvents<'t>,
}

impl<'t, 'c> ItemTurn<'t, 'c> {
    /// Waits for the turn, and reports that the item begins. Calls `meanwhile` every second while it waits.
    ///
    /// # Errors
    /// [`ScanError::Stopped`] after a stop, [`ScanError::GivenUp`] when an item before it could not be written.
    pub(crate) fn wait(&self, meanwhile: &dyn Fn()) -> Result<CommitTurn<'t, 'c>, ScanError> {
        let turn = self.order.wait(self.at, meanwhile)?;
        self.observer.begin(&Event::Item(self.at.saturating_add(1), self.count, self.item));
        Ok(turn)
    }
}
