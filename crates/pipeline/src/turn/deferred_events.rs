//! What an item tells before its turn is told when its turn comes.

use std::sync::{Arc, Mutex, PoisonError};
use words::Statement;

use crate::workers::watch::Watch;
use crate::{Event, Observer, Stage};

/// Holds back the events of an item whose turn has not come: two items told of at once could not be told apart.
pub(crate) struct DeferredEvents<'o> {
    inner: &'o dyn Observer,
    /// Learns the stages of the item, and that it goes on.
    watch: Arc<Watch>,
    /// `None` when the turn has come.
    held: Mutex<Option<HeldEvents>>,
}

#[derive(Default)]
struct HeldEvents {
    reading: Vec<Statement>,
    broken_off: Vec<Statement>,
    checkpoint: Vec<Statement>,
    stage: Option<Stage>,
    advanced: u64,
}

impl<'o> DeferredEvents<'o> {
    pub(crate) fn new(inner: &'o dyn Observer, watch: Arc<Watch>) -> Self {
        Self { inner, watch, held: Mutex::new(Some(HeldEvents::default())) }
    }

    /// The turn has come: `first` is told, then what was held back.
    pub(crate) fn begin(&self, first: &Event<'_>) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.inner.event(first);
        let Some(held) = held else { return };
        held.broken_off.iter().for_each(|what| self.inner.event(&Event::BrokenOff(what)));
        held.reading.iter().for_each(|how| self.inner.event(&Event::Reading(how)));
        held.checkpoint.iter().for_each(|what| self.inner.event(&Event::Checkpoint(what)));
        if let Some(stage) = held.stage {
            self.inner.event(&Event::Stage(stage));
        }
        if held.advanced > 0 {
            self.inner.event(&Event::Advanced(held.advanced));
        }
    }
}

impl Observer for DeferredEvents<'_> {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Stage(stage) => self.watch.enter_stage(*stage),
            Event::Advanced(_) => self.watch.progressed(),
            _ => {}
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(held) = held.as_mut() else {
            // Nobody waits for an observer that takes its time.
            drop(held);
            return self.inner.event(event);
        };
        match event {
            // Told by whoever has the turn only.
            Event::Item(..) | Event::Memory(..) => {}
            Event::Reading(how) => held.reading.push((*how).clone()),
            // It is said again as long as it lasts.
            Event::Slow(_) => {}
            Event::BrokenOff(what) => held.broken_off.push((*what).clone()),
            Event::Checkpoint(what) => held.checkpoint.push((*what).clone()),
            Event::Stage(stage) => {
                held.stage = Some(*stage);
                held.advanced = 0;
            }
            Event::Advanced(bytes) => held.advanced = held.advanced.saturating_add(*bytes),
        }
    }
}
