//! One pass over a medium: what its workers share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use analysis::Analysers;
use byte_source::Source;
use case_model::{Digests, StopToken, UnreadableRange};
use hash_engine::{Selection, StreamHasher};

use super::big::{BigJob, TakenHead};
use super::chain::{Chain, MAX_RANGES};
use super::job::Job;
use super::left_out::LeftOutStreams;
use super::queue::JobQueue;
use super::slots::PartSlots;
use super::volume::SweepVolume;
use super::windows::WindowedMedium;
use crate::stream::bad_ranges::BadRanges;
use crate::stream::reader::Reading;
use crate::stream::unbatched::UnbatchedStreams;

/// Bytes of a direct medium that one step of a digest takes.
pub(super) const WINDOW_BYTES: u64 = 8 << 20;
/// Streams up to this many bytes are read at once, in batches.
pub(super) const SMALL_BYTES: u64 = 1 << 20;
/// Parts after which the pages of a direct medium that the record tables were read from are given back.
const RELEASED_EVERY: usize = 32;

/// One pass over a medium.
pub(crate) struct Sweep<'s> {
    pub(super) medium: &'s dyn Source,
    pub(super) windows: Option<&'s WindowedMedium>,
    pub(super) window_bytes: u64,
    pub(super) window_count: u64,
    pub(super) files: &'s [Arc<dyn Source>],
    pub(super) volumes: Vec<SweepVolume<'s>>,
    pub(super) slots: Vec<PartSlots>,
    pub(super) alone: UnbatchedStreams,
    pub(super) left_out: LeftOutStreams,
    pub(super) selection: Selection,
    pub(super) analysers: &'s Analysers,
    /// Windows that may be between the first and the last one in use.
    pub(super) horizon: u64,
    pub(super) state: Mutex<State>,
    pub(super) wake: Condvar,
    pub(super) read_again: AtomicU64,
    /// Nothing more is started when it asks for a stop.
    pub(super) stop: StopToken,
    pub(super) advanced: &'s (dyn Fn(u64) + Sync),
}

pub(super) struct State {
    pub(super) chains: Vec<Chain>,
    /// What the medium's digests could not read.
    pub(super) unread: BadRanges<String>,
    /// Windows up to here are decoded (coded media only).
    pub(super) decoded: u64,
    pub(super) decoded_ahead: BTreeSet<u64>,
    pub(super) next_decode: u64,
    pub(super) small: JobQueue,
    pub(super) big: JobQueue,
    pub(super) active: Vec<BigJob>,
    /// Where the streams that workers have begin on the medium, by the ticket of their task.
    pub(super) busy: BTreeMap<u64, u64>,
    pub(super) next_ticket: u64,
    /// Tasks that workers have: each wakes all workers when it is done.
    pub(super) running: usize,
    /// Streams hold no window below this one: they held the pass back and are read again later.
    pub(super) let_go: u64,
    pub(super) times_let_go: u64,
    /// Every stream of every part was seen to have a result.
    pub(super) results_checked: bool,
    /// Streams that no worker could take.
    pub(super) given_up: u64,
    /// Streams whose stored place did not fit: they are read from their start.
    pub(super) not_restored: u64,
    pub(super) next_part: usize,
    pub(super) written_parts: usize,
    pub(super) evicted: u64,
    /// Rows may be made.
    pub(super) rows_open: bool,
    pub(super) stop: bool,
}

/// What a sweep gave beside the streams.
pub(crate) struct SweepResult {
    /// Digests of the medium; of zeros in the place of unreadable ranges.
    pub(crate) digests: Digests,
    /// First byte, length, why.
    pub(crate) unreadable: Vec<UnreadableRange>,
    /// Bytes of streams that were read again after the pass had gone on.
    pub(crate) read_again: u64,
    /// How often the pass went on without streams that lagged too far behind it.
    pub(crate) times_let_go: u64,
    /// Streams that no worker could take: 0, or this program is wrong. Their rows say so.
    pub(crate) given_up: u64,
    /// Streams whose stored place did not fit: they were read from their start.
    pub(crate) not_restored: u64,
}

impl State {
    /// Returns the state of a pass that has `parts` parts behind it.
    pub(super) fn new(
        medium_digests: Selection,
        (small, big): (JobQueue, JobQueue),
        parts: usize,
    ) -> Self {
        Self {
            chains: Chain::of(medium_digests),
            unread: BadRanges::new(MAX_RANGES),
            decoded: 0,
            decoded_ahead: BTreeSet::new(),
            next_decode: 0,
            small,
            big,
            active: Vec::new(),
            busy: BTreeMap::new(),
            next_ticket: 0,
            running: 0,
            let_go: 0,
            times_let_go: 0,
            results_checked: false,
            given_up: 0,
            not_restored: 0,
            next_part: parts,
            written_parts: parts,
            evicted: 0,
            rows_open: false,
            stop: false,
        }
    }

    /// Notes where the streams of a task begin, as long as a worker has it. Returns the ticket to give back.
    pub(super) fn now_busy(&mut self, from: u64) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket = self.next_ticket.saturating_add(1);
        self.busy.insert(ticket, from);
        ticket
    }
}

pub(super) enum Task {
    /// Which chain, its hasher, the window it takes.
    Chain(usize, StreamHasher, u64),
    Decode(u64),
    Small(Vec<Job>, u64),
    Big(Vec<TakenHead>, u64),
    Alone(Arc<Job>),
    Rows(usize),
}

impl Sweep<'_> {
    /// Returns the window that holds a byte of the medium.
    pub(super) fn window_of(&self, byte: u64) -> u64 {
        byte.checked_div(self.window_bytes).unwrap_or(0)
    }

    /// From now on rows may be made.
    pub(crate) fn open_rows(&self) {
        self.lock().rows_open = true;
        self.wake.notify_all();
    }

    /// Rows of one more part were written: others may be made.
    pub(crate) fn part_written(&self) {
        let mut state = self.lock();
        if let Some(slots) = self.slots.get(state.written_parts) {
            slots.clear();
        }
        state.written_parts = state.written_parts.saturating_add(1);
        if self.windows.is_none() && state.written_parts.is_multiple_of(RELEASED_EVERY) {
            let read = state.evicted.saturating_mul(self.window_bytes).min(self.medium.len());
            self.medium.release(0..read);
        }
        drop(state);
        self.wake.notify_all();
    }

    /// Returns what is computed of every stream.
    pub(super) fn reading(&self) -> Reading<'_> {
        Reading { selection: self.selection, analysers: self.analysers }
    }

    /// Streams that are not hashed.
    pub(crate) fn left_out(&self) -> &LeftOutStreams {
        &self.left_out
    }

    /// Stops the sweep when `stop` is requested: workers look at it whenever they pick a task.
    pub(crate) fn stop_on(&mut self, stop: &StopToken) {
        self.stop = stop.clone();
        self.alone.stop_on(stop);
    }

    /// Returns whether a stop was requested.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.is_requested()
    }

    /// Nothing more is to be started.
    pub(crate) fn stop(&self) {
        self.lock().stop = true;
        self.wake.notify_all();
    }

    /// The medium's digests, after all workers have ended.
    pub(crate) fn finish(self) -> SweepResult {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let digests = Chain::finish(state.chains);
        let unreadable = state.unread.into_rows();
        let read_again = match self.windows {
            Some(windows) => windows.decoded_again(),
            None => self.read_again.into_inner(),
        };
        let times_let_go = state.times_let_go;
        let given_up = state.given_up;
        let not_restored = state.not_restored.saturating_add(self.alone.not_restored());
        SweepResult { digests, unreadable, read_again, times_let_go, given_up, not_restored }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
