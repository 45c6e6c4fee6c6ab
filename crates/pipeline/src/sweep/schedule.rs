//! Who does what next: a few workers, one list of what is possible.
//!
//! What is serial (the medium's digests) goes on without a pause; everything else happens beside it, as close behind it as possible, so that
//! bytes are used while they are in memory. The order of work never changes a result.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use analysis::Analysers;
use byte_source::Source;
use case_model::{Digests, StopToken, UnreadableRange};
use evidence::OnMedium;
use hash_engine::{Selection, StreamHasher};

use super::big::{BigJob, TakenHead};
use super::chain::Chain;
use super::job::Job;
use super::left_out::LeftOutStreams;
use super::queue::JobQueue;
use super::slots::PartSlots;
use super::standstill::{Standstill, StopOnPanic};
use super::windows::WindowedMedium;
use super::worker::WorkerTools;
use crate::stream::bad_ranges::BadRanges;
use crate::stream::reader::{Reading, StreamResult};
use crate::stream::unbatched::UnbatchedStreams;
use crate::workers::watch;

/// Bytes of a direct medium that one step of a digest takes.
pub(super) const WINDOW_BYTES: u64 = 8 << 20;
/// Streams up to this many bytes are read at once, in batches.
pub(super) const SMALL_BYTES: u64 = 1 << 20;
/// Big streams that are worth a turn before other work.
const LANES_WORTHWHILE: usize = 8;
/// Windows that a digest of the medium may lag behind the others before it goes first.
const CHAIN_LAG: u64 = 4;
/// Bytes that the medium's digests may be ahead of the small streams before these go first: what stays in memory of a direct medium.
const NEAR_BYTES: u64 = 128 << 20;
/// Parts whose rows may wait for the writer.
const WAITING_PARTS: usize = 32;
/// Streams whose rows may wait for the writer; one part may have more.
const WAITING_STREAMS: usize = 30_000;
/// Parts after which the pages of a direct medium that the record tables were read from are given back.
const RELEASED_EVERY: usize = 32;

/// Makes something of a part: its number, the results of its streams in order.
pub(crate) type MakeRows<'f, R> = dyn Fn(usize, Vec<Option<StreamResult>>, &mut WorkerTools) -> R + Sync + 'f;

/// A volume that streams are read from.
#[derive(Clone, Copy)]
pub(crate) struct SweepVolume<'s> {
    pub(crate) source: &'s dyn Source,
    pub(crate) medium: OnMedium<'s>,
}

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
    /// Nothing more is begun when it asks for a stop.
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
}

impl State {
    /// Notes where the streams of a task begin, as long as a worker has it. Returns the ticket to give back.
    pub(super) fn now_busy(&mut self, from: u64) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
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

enum Pick {
    Task(Task),
    Wait,
    Finished,
}

impl Sweep<'_> {
    /// Works until nothing is left. `rows` is called for each part, in order of the parts, when all its streams have their results; it returns
    /// false to stop.
    pub(crate) fn work(&self, rows: &MakeRows<'_, bool>) {
        let mut tools = WorkerTools::new(self.selection);
        let _stop = StopOnPanic(self);
        let mut state = self.lock();
        loop {
            match self.pick(&mut state) {
                Pick::Finished => break,
                Pick::Wait => state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
                Pick::Task(task) => {
                    drop(state);
                    state = self.run(task, &mut tools, rows);
                    state.running -= 1;
                    watch::progressed();
                    self.release(&mut state);
                    self.wake.notify_all();
                }
            }
        }
        drop(state);
        self.wake.notify_all();
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
        state.written_parts += 1;
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

    /// Nothing more is to be begun.
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
        let (times_let_go, given_up) = (state.times_let_go, state.given_up);
        SweepResult { digests, unreadable, read_again, times_let_go, given_up }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pick(&self, state: &mut State) -> Pick {
        loop {
            if state.stop || self.stop.is_requested() {
                return Pick::Finished;
            }
            if let Some(task) = self.possible(state) {
                state.running += 1;
                return Pick::Task(task);
            }
            if self.all_begun(state) {
                return Pick::Finished;
            }
            match self.standstill(state) {
                Standstill::LookAgain => {}
                Standstill::Wait => return Pick::Wait,
                Standstill::Stop => state.stop = true,
            }
        }
    }

    /// What a worker can do now, the most urgent first.
    fn possible(&self, state: &mut State) -> Option<Task> {
        let frontier = self.frontier(state);
        let tail = self.tail(state, frontier);
        self.admit_big(state, frontier);
        let near = self.near_tail(state, frontier);
        self.urgent_chain(state, near.min(tail.saturating_add(self.horizon)))
            .or_else(|| self.decode(state, tail, 2))
            .or_else(|| self.rows(state))
            .or_else(|| self.small(state, frontier))
            .or_else(|| self.big(state, frontier, LANES_WORTHWHILE))
            .or_else(|| self.any_chain(state, tail))
            .or_else(|| self.decode(state, tail, u64::MAX))
            .or_else(|| self.big(state, frontier, 1))
    }

    fn all_begun(&self, state: &State) -> bool {
        state.next_part >= self.slots.len()
            && state.chains.iter().all(|chain| !chain.busy && chain.next >= self.window_count)
    }

    /// The digest that has most to do, or one that lags.
    fn urgent_chain(&self, state: &mut State, tail: u64) -> Option<Task> {
        let lead = state.chains.iter().map(|chain| chain.next).max()?;
        if lead >= tail.saturating_add(NEAR_BYTES / self.window_bytes) {
            return None;
        }
        let lagging = (0..state.chains.len()).find(|at| {
            state.chains.get(*at).is_some_and(|chain| !chain.busy && chain.next + CHAIN_LAG < lead)
        });
        let chosen = lagging.unwrap_or(0);
        self.take_chain(state, chosen, self.tail(state, self.frontier(state)))
    }

    fn any_chain(&self, state: &mut State, tail: u64) -> Option<Task> {
        let order: Vec<usize> = {
            let mut order: Vec<usize> = (0..state.chains.len()).collect();
            order.sort_by_key(|at| state.chains.get(*at).map(|chain| chain.next));
            order
        };
        order.into_iter().find_map(|at| self.take_chain(state, at, tail))
    }

    fn take_chain(&self, state: &mut State, at: usize, tail: u64) -> Option<Task> {
        let available = match self.windows {
            Some(_) => state.decoded,
            None => self.window_count.min(tail.saturating_add(self.horizon)),
        };
        let chain = state.chains.get_mut(at).filter(|chain| !chain.busy && chain.next < available)?;
        Some(Task::Chain(at, chain.lend(), chain.next))
    }

    fn decode(&self, state: &mut State, tail: u64, ahead: u64) -> Option<Task> {
        self.windows?;
        let number = state.next_decode;
        let needed_by = state.chains.iter().map(|chain| chain.next).max().unwrap_or(0).saturating_add(ahead);
        if number >= self.window_count || number >= needed_by || number >= tail.saturating_add(self.horizon) {
            return None;
        }
        state.next_decode += 1;
        Some(Task::Decode(number))
    }

    fn rows(&self, state: &mut State) -> Option<Task> {
        let part = state.next_part;
        let waiting = self.slots.get(state.written_parts..part).unwrap_or_default();
        if !state.rows_open
            || waiting.len() >= WAITING_PARTS
            || waiting.iter().map(PartSlots::count).sum::<usize>() >= WAITING_STREAMS
            || !self.slots.get(part)?.complete()
        {
            return None;
        }
        state.next_part += 1;
        Some(Task::Rows(part))
    }
}
