//! Big streams, some hundred kilobytes at a time: as many as possible side by side in the lanes.

use std::sync::Arc;

use analysis::{Analysers, SavedTaps, StateNotSaved, Taps};
use byte_source::Piece;
use case_model::{Digests, Disposition};
use hash_engine::{Lanes, MessageState, Selection};

use super::chain::joined;
use super::collect::{Collector, Cursor, leading_zeros, messages};
use super::job::Job;
use super::saved::{SavedBig, SavedHead};
use super::small::take_slices;
use super::volume::SweepVolume;
use super::worker::WorkerTools;
use crate::stream::reader::{Reading, StreamResult};

/// Bytes of a stream that are hashed at a time.
pub(crate) const STEP_BYTES: u64 = 512 << 10;
/// A stream of this many bytes or more has its MD5 computed apart from the rest: two workers share it, since no other stream of its size may
/// be there to fill the lanes with.
const SPLIT_BYTES: u64 = 64 << 20;

/// A big stream on its way: one or two heads that go through it.
pub(crate) struct BigJob {
    pub(crate) job: Arc<Job>,
    pub(crate) heads: Vec<Head>,
    taps: TapsOfBig,
    digests: Digests,
    unfinished: usize,
    /// Some bytes cannot be read: it must be read alone.
    pub(crate) damaged: bool,
}

/// The analysers of a big stream. They go with its last head; when there are two, that is the faster one.
enum TapsOfBig {
    Here(Taps),
    /// A worker has them. They stood there before, or that cannot be saved.
    Lent(Result<SavedTaps, StateNotSaved>),
}

/// A position in a big stream with the digests up to there.
pub(crate) struct Head {
    pub(crate) selection: Selection,
    pub(crate) cursor: Cursor,
    /// `None` when it has come to the end.
    state: Option<MessageState>,
    /// A worker goes on with it; the state is the one before.
    busy: bool,
}

impl Head {
    /// A head at the start of a stream, or behind the zeros that it starts with.
    fn new(selection: Selection, job: &Job) -> Self {
        let runs = job.plain_runs().unwrap_or_default();
        let valid = job.draft.valid;
        let size = job.draft.size;
        // Something is left to take, so that a step comes that ends the stream.
        let state = MessageState::of_zeros(
            selection,
            leading_zeros(runs, valid, size).min(size.saturating_sub(1)),
        );
        let mut cursor = Cursor::default();
        cursor.skip(runs, valid, state.length());
        Self { selection, cursor, state: Some(state), busy: false }
    }

    /// Resumes at the place of a stored head; `None` when it does not fit the stream, or computed other digests.
    fn restore(&mut self, saved: &SavedHead, job: &Job) -> Option<()> {
        let state = saved.state.as_deref().map(MessageState::from_bytes).transpose().ok()?;
        let position = state.as_ref().map_or(job.draft.size, MessageState::length);
        let selected = state.as_ref().is_none_or(|state| state.selection() == self.selection);
        // A head on its way has something left to take: one at the end could never take its last step.
        let is_within = state.is_none() || position < job.draft.size;
        if position != saved.position || !is_within || !selected {
            return None;
        }
        self.cursor = Cursor::default();
        self.cursor.skip(job.plain_runs().unwrap_or_default(), job.draft.valid, position);
        self.state = state;
        Some(())
    }

    /// True when a worker may go on with it.
    pub(crate) fn is_free(&self) -> bool {
        self.state.is_some() && !self.busy
    }
}

/// A head that a worker has.
pub(crate) struct TakenHead {
    /// Which of the active streams.
    pub(crate) job: Arc<Job>,
    pub(crate) head: usize,
    pub(crate) cursor: Cursor,
    pub(crate) state: MessageState,
    /// Bytes to take.
    pub(crate) count: u64,
    /// The analysers, when they go with this head.
    taps: Option<Taps>,
    failed: bool,
}

impl BigJob {
    pub(crate) fn new(job: Arc<Job>, reading: Reading<'_>) -> Self {
        let Reading { selection, analysers } = reading;
        let rest = Selection { md5: false, ..selection };
        let split = job.draft.size >= SPLIT_BYTES && selection.md5 && (rest.sha1 || rest.sha256);
        let md5_alone = Selection { md5: true, sha1: false, sha256: false, blake3: false };
        let selections = if split { vec![md5_alone, rest] } else { vec![selection] };
        let heads: Vec<Head> =
            selections.into_iter().map(|selection| Head::new(selection, &job)).collect();
        let unfinished = heads.len();
        let mut taps = Taps::begin(analysers, job.facts());
        // The digests of zeros at the start come from a table. Analysers have to be told of them.
        taps.take(analysers, Piece::Zero(heads.last().map_or(0, |head| head.cursor.position)));
        let taps = TapsOfBig::Here(taps);
        let digests = Digests::default();
        Self { job, heads, taps, digests, unfinished, damaged: false }
    }

    /// Returns the stream as a checkpoint stores it. `None` when it must be read alone.
    ///
    /// # Errors
    /// When an analyser does not give its state: after an interruption the stream is read from its start.
    pub(crate) fn save(&self, analysers: &Analysers) -> Result<Option<SavedBig>, StateNotSaved> {
        if self.damaged {
            return Ok(None);
        }
        let taps = match &self.taps {
            TapsOfBig::Here(taps) => taps.save(analysers)?,
            TapsOfBig::Lent(before) => before.clone()?,
        };
        let head = |head: &Head| SavedHead {
            position: head.cursor.position,
            state: head.state.as_ref().map(MessageState::to_bytes),
        };
        Ok(Some(SavedBig {
            part: self.job.part,
            index: self.job.index,
            heads: self.heads.iter().map(head).collect(),
            taps,
            digests: (&self.digests).into(),
        }))
    }

    /// Resumes at the place of a stored stream; `None` when it is not the same stream, or was stored by another version.
    pub(crate) fn restore(mut self, saved: &SavedBig, analysers: &Analysers) -> Option<Self> {
        let job = Arc::clone(&self.job);
        if saved.heads.len() != self.heads.len() {
            return None;
        }
        for (head, saved) in self.heads.iter_mut().zip(&saved.heads) {
            head.restore(saved, &job)?;
        }
        self.unfinished = self.heads.iter().filter(|head| head.state.is_some()).count();
        let taps = Taps::restore(analysers, job.facts(), &saved.taps)?;
        if saved.heads.last().is_none_or(|head| head.position != taps.position()) {
            return None;
        }
        self.taps = TapsOfBig::Here(taps);
        self.digests = saved.digests.clone().into();
        (self.unfinished > 0).then_some(self)
    }

    /// Gives a head to a worker.
    pub(crate) fn take(
        &mut self,
        head: usize,
        count: u64,
        analysers: &Analysers,
    ) -> Option<TakenHead> {
        let is_last = head.checked_add(1) == Some(self.heads.len());
        let place = self.heads.get_mut(head)?;
        let state = place.state.clone().filter(|_| !place.busy)?;
        place.busy = true;
        let job = Arc::clone(&self.job);
        let cursor = place.cursor;
        let taps = if is_last { self.taps.lend(analysers) } else { None };
        Some(TakenHead { job, head, cursor, state, count, taps, failed: false })
    }

    /// Takes a head back. The result, when that was the last step of all.
    pub(crate) fn give_back(
        &mut self,
        taken: TakenHead,
        analysers: &Analysers,
    ) -> Option<StreamResult> {
        let size = self.job.draft.size;
        self.damaged |= taken.failed;
        if let Some(taps) = taken.taps {
            self.taps = TapsOfBig::Here(taps);
        }
        let head = self.heads.get_mut(taken.head)?;
        head.cursor = taken.cursor;
        head.busy = false;
        if taken.cursor.position < size || self.damaged {
            head.state = Some(taken.state);
            return None;
        }
        head.state = None;
        self.digests = joined(std::mem::take(&mut self.digests), taken.state.finish());
        self.unfinished = self.unfinished.saturating_sub(1);
        if self.unfinished > 0 {
            return None;
        }
        Some(StreamResult {
            disposition: Disposition::Hashed,
            rule: None,
            digests: std::mem::take(&mut self.digests),
            findings: self
                .taps
                .lend(analysers)
                .map(|taps| taps.finish(analysers))
                .unwrap_or_default(),
            unreadable: Vec::new(),
        })
    }

    /// True when no worker has a head of it.
    pub(crate) fn idle(&self) -> bool {
        self.heads.iter().all(|head| !head.busy)
    }
}

impl TapsOfBig {
    /// Gives them to a worker, or away at the end.
    fn lend(&mut self, analysers: &Analysers) -> Option<Taps> {
        let Self::Here(taps) = self else { return None };
        let before = taps.save(analysers);
        match std::mem::replace(self, Self::Lent(before)) {
            Self::Here(taps) => Some(taps),
            Self::Lent(_) => None,
        }
    }
}

impl TakenHead {
    /// Bytes of progress: a stream with two heads counts once.
    pub(crate) fn counts_as(&self) -> u64 {
        if self.head == 0 { self.count } else { 0 }
    }

    /// The step failed: the stream must be read alone.
    pub(crate) fn fail_if(&mut self, failed: bool) {
        self.failed |= failed;
    }
}

impl TakenHead {
    /// Adds the bytes of its step to `collector`, and moves on. `None` when they cannot be read: nothing is added then.
    fn collect<'v>(
        &mut self,
        volumes: &[SweepVolume<'v>],
        collector: &mut Collector<'v>,
        tools: &mut WorkerTools,
    ) -> Option<()> {
        let runs = self.job.plain_runs()?;
        let volume = volumes.get(self.job.volume)?;
        let valid = self.job.draft.valid;
        let mut cursor = self.cursor;
        let source = volume.source;
        collector.add(source, runs, valid, &mut cursor, self.count, &mut tools.scratch).ok()?;
        self.cursor = cursor;
        Some(())
    }
}

/// Goes one step with every head; all of one selection.
pub(crate) fn step(
    volumes: &[SweepVolume<'_>],
    taken: &mut [TakenHead],
    analysers: &Analysers,
    tools: &mut WorkerTools,
) {
    let Some(selection) = taken.first().map(|head| head.state.selection()) else { return };
    let mut collector = Collector::default();
    for head in taken.iter_mut() {
        head.failed = head.collect(volumes, &mut collector, tools).is_none();
    }
    let (slices, ends) = collector.slices();
    let messages = messages(&slices, ends);
    let mut work = Vec::with_capacity(messages.len());
    for (head, message) in taken.iter_mut().filter(|head| !head.failed).zip(&messages) {
        if let Some(taps) = &mut head.taps {
            take_slices(taps, message, analysers);
        }
        work.push(hash_engine::Job { state: &mut head.state, segments: message });
    }
    Lanes::new(selection).update_many(&mut work);
}

#[cfg(test)]
#[path = "big_tests.rs"]
mod tests;
