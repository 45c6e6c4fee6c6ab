//! Who does what next: a few workers, one list of what is possible.
//!
//! What is serial (the medium's digests) goes on without a pause; everything else happens beside it, as close behind it as possible, so that
//! bytes are used while they are in memory. The order of work never changes a result.

use std::sync::PoisonError;

use super::pass::{State, Sweep, Task};
use super::slots::PartSlots;
use super::standstill::{Standstill, StopOnPanic};
use super::worker::WorkerTools;
use crate::stream::reader::StreamResult;
use crate::workers::watch;

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

/// Makes something of a part: its number, the results of its streams in order.
pub(crate) type MakeRows<'f, R> =
    dyn Fn(usize, Vec<Option<StreamResult>>, &mut WorkerTools) -> R + Sync + 'f;

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
                    state.running = state.running.saturating_sub(1);
                    watch::progressed();
                    self.release(&mut state);
                    self.wake.notify_all();
                }
            }
        }
        drop(state);
        self.wake.notify_all();
    }

    fn pick(&self, state: &mut State) -> Pick {
        loop {
            if state.stop || self.stop.is_requested() {
                return Pick::Finished;
            }
            if let Some(task) = self.possible(state) {
                state.running = state.running.saturating_add(1);
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
        if lead >= tail.saturating_add(self.window_of(NEAR_BYTES)) {
            return None;
        }
        let lagging = (0..state.chains.len()).find(|at| {
            state
                .chains
                .get(*at)
                .is_some_and(|chain| !chain.busy && chain.next.saturating_add(CHAIN_LAG) < lead)
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
        let chain =
            state.chains.get_mut(at).filter(|chain| !chain.busy && chain.next < available)?;
        Some(Task::Chain(at, chain.lend(), chain.next))
    }

    fn decode(&self, state: &mut State, tail: u64, ahead: u64) -> Option<Task> {
        self.windows?;
        let number = state.next_decode;
        let needed_by =
            state.chains.iter().map(|chain| chain.next).max().unwrap_or(0).saturating_add(ahead);
        if number >= self.window_count
            || number >= needed_by
            || number >= tail.saturating_add(self.horizon)
        {
            return None;
        }
        state.next_decode = state.next_decode.saturating_add(1);
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
        state.next_part = state.next_part.saturating_add(1);
        Some(Task::Rows(part))
    }
}
