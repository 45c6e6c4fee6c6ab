//! When and how the state of a scan is stored.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use case_model::path_text;
use case_store::{CaseTransaction, ImageWriter, PartResults, ScanCheckpoint, StoreError};
use evidence::Spill;

use crate::resume::saved_item::{Covers, SavedItem};
use crate::resume::unsaved_streams::UnsavedStreams;
use crate::sweep::{Snapshot, Sweep};
use crate::verdict::Verdict;
use crate::{Event, Observer, ScanError};

/// The states of items whose turn to be written has not come: the item that has the turn stores them with its own checkpoints.
#[derive(Default)]
pub(crate) struct Mailbox(Mutex<HashMap<PathBuf, (ScanCheckpoint, Vec<PartResults>)>>);

impl Mailbox {
    fn put(&self, checkpoint: ScanCheckpoint, results: Vec<PartResults>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = waiting.remove(&checkpoint.path).map(|(_, results)| results);
        let mut all = before.unwrap_or_default();
        all.extend(results);
        waiting.insert(checkpoint.path.clone(), (checkpoint, all));
    }

    /// Stores all of it.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn store(&self, transaction: &mut CaseTransaction<'_>) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.into_values().try_for_each(|(checkpoint, results)| {
            transaction.store_scan_checkpoint(&checkpoint, &results)
        })
    }
}

/// The checkpoints of one item.
pub(crate) struct Checkpoints<'b> {
    pub(crate) mailbox: &'b Mailbox,
    pub(crate) path: PathBuf,
    pub(crate) conditions: String,
    pub(crate) plan: [u8; 32],
    pub(crate) every: Duration,
    /// What the rows are made of, as far as it lies in a temporary file.
    pub(crate) spill: Option<Arc<Spill>>,
    /// Worked on the item before it was broken off, in nanoseconds.
    pub(crate) before_ns: u64,
    pub(crate) began: Instant,
    /// When the last one was stored, or left for the item that has the turn.
    pub(crate) last: Cell<Instant>,
    /// What the case has of an item that goes on, and its verdict so far: its rows remain while it waits for its turn.
    pub(crate) written: (Covers, Verdict),
    /// Learns what a checkpoint does without.
    pub(crate) observer: &'b dyn Observer,
    /// Streams that the checkpoints so far did without.
    pub(crate) unsaved: RefCell<UnsavedStreams>,
}

impl Checkpoints<'_> {
    /// Stores the state of the sweep together with the rows that were written, if it is time or to be `now`.
    ///
    /// # Errors
    /// What the case file says.
    pub(crate) fn with_rows(
        &mut self,
        writer: &mut ImageWriter<'_>,
        covers: Covers,
        now: bool,
        item: impl FnOnce() -> (SavedItem, Vec<PartResults>),
    ) -> Result<(), ScanError> {
        if !now && self.last.get().elapsed() < self.every && !writer.should_commit() {
            return Ok(());
        }
        let (item, results) = item();
        if let Some(why) = self.spill.as_ref().and_then(|spill| spill.failure()) {
            return Err(ScanError::Temporary { path: path_text(&self.path), why: why.to_owned() });
        }
        let Some(checkpoint) = self.checkpoint(covers, &item) else {
            return Err(ScanError::NoCheckpoint { path: path_text(&self.path) });
        };
        writer.checkpoint(|transaction| {
            // Its own, too: results that it left while it waited.
            self.mailbox.store(transaction)?;
            transaction.store_scan_checkpoint(&checkpoint, &results)
        })?;
        self.report_unsaved(&item);
        self.last.set(Instant::now());
        Ok(())
    }

    /// Leaves the state of the sweep for the item that has the turn, if it is time.
    pub(crate) fn without_rows(&self, sweep: &Sweep<'_>) {
        if self.last.get().elapsed() >= self.every {
            self.without_rows_now(sweep);
        }
    }

    /// Leaves the state of the sweep for the item that has the turn.
    pub(crate) fn without_rows_now(&self, sweep: &Sweep<'_>) {
        self.last.set(Instant::now());
        let Snapshot { sweep, results } = sweep.snapshot();
        if self.spill.as_ref().is_some_and(|spill| spill.failure().is_some()) {
            return;
        }
        let (covers, verdict) = self.written;
        let item = SavedItem { verdict, sweep };
        if let Some(checkpoint) = self.checkpoint(covers, &item) {
            self.mailbox.put(checkpoint, results);
            self.report_unsaved(&item);
        }
    }

    /// Reports an analyser whose state the checkpoint does without, once.
    fn report_unsaved(&self, item: &SavedItem) {
        for what in self.unsaved.borrow_mut().add(&item.sweep.unsaved) {
            self.observer.event(&Event::Checkpoint(&what));
        }
    }

    fn checkpoint(&self, covers: Covers, item: &SavedItem) -> Option<ScanCheckpoint> {
        Some(ScanCheckpoint {
            path: self.path.clone(),
            image: covers.image,
            conditions: self.conditions.clone(),
            plan: self.plan,
            parts: covers.parts,
            elapsed_ns: self.elapsed_ns(),
            above: covers.above,
            state: postcard::to_stdvec(item).ok()?,
        })
    }

    /// Worked on the item so far.
    pub(crate) fn elapsed_ns(&self) -> u64 {
        let now = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.before_ns.saturating_add(now)
    }
}
