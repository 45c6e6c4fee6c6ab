//! What each piece of work does.

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};

use case_model::UnreadableRange;
use filesystem::{Place, pump_from};
use hash_engine::StreamHasher;

use super::big::{self, BigJob, TakenHead};
use super::chain;
use super::job::Job;
use super::pass::{State, Sweep, Task};
use super::schedule::MakeRows;
use super::slots::PartSlots;
use super::small::hash_small;
use super::windows::READER_FAILED;
use super::worker::WorkerTools;
use crate::stream::reader::StreamResult;
use crate::workers::isolation::guarded;
use crate::workers::watch;
use crate::workers::work::Work;

/// Windows after which the pages of a coded medium's files are given back.
const FILES_RELEASED_EVERY: u64 = 16;

impl Sweep<'_> {
    /// Does a piece of work and tells what came of it; the state is locked again then.
    pub(super) fn run(
        &self,
        task: Task,
        tools: &mut WorkerTools,
        rows: &MakeRows<'_, bool>,
    ) -> MutexGuard<'_, State> {
        match task {
            Task::Chain(at, hasher, window) => self.run_chain(at, hasher, window, tools),
            Task::Decode(number) => self.run_decode(number, tools),
            Task::Small(jobs, busy) => {
                self.run_small(&jobs, tools);
                self.no_longer_busy(busy)
            }
            Task::Big(taken, busy) => {
                self.run_big(taken, tools);
                self.no_longer_busy(busy)
            }
            Task::Alone(job) => {
                self.read_alone(&job, tools);
                self.lock()
            }
            Task::Rows(part) => self.run_rows(part, tools, rows),
        }
    }

    /// Feeds a window of the medium to one of its digests.
    fn run_chain(
        &self,
        at: usize,
        mut hasher: StreamHasher,
        window: u64,
        tools: &mut WorkerTools,
    ) -> MutexGuard<'_, State> {
        // The first chain speaks for all: they read the same bytes.
        let is_first = at == 0;
        let range = self.window_range(window);
        let count = range.end.saturating_sub(range.start);
        if is_first && self.windows.is_none() {
            let ahead = range.end.saturating_add(self.window_bytes.saturating_mul(2));
            self.medium.prefetch(range.end..ahead.min(self.medium.len()));
        }
        let before = hasher.clone();
        let taken =
            guarded(|| chain::take(&mut hasher, self.medium, range.clone(), &mut tools.scratch));
        let unread = taken.unwrap_or_else(|_| {
            hasher = before;
            hasher.update_zeros(count);
            let why = READER_FAILED.statement().encode();
            vec![UnreadableRange { offset: range.start, length: count, why }]
        });
        if is_first {
            (self.advanced)(count);
        }
        let mut state = self.lock();
        if let Some(chain) = state.chains.get_mut(at) {
            chain.give_back(hasher);
        }
        if is_first {
            for range in unread {
                state.unread.add(range.offset, range.length, range.why);
            }
        }
        state
    }

    /// Returns the bytes of the medium that a window has.
    fn window_range(&self, window: u64) -> Range<u64> {
        let start = window.saturating_mul(self.window_bytes).min(self.medium.len());
        start..start.saturating_add(self.window_bytes).min(self.medium.len())
    }

    /// Decodes a window, and counts those that are decoded without a gap.
    fn run_decode(&self, number: u64, tools: &mut WorkerTools) -> MutexGuard<'_, State> {
        if let Some(windows) = self.windows
            && guarded(|| windows.decode(number, &mut tools.scratch)).is_err()
        {
            windows.give_up(number);
        }
        let mut state = self.lock();
        state.decoded_ahead.insert(number);
        while {
            let next = state.decoded;
            state.decoded_ahead.remove(&next)
        } {
            state.decoded = state.decoded.saturating_add(1);
        }
        state
    }

    /// Makes the rows of a part.
    fn run_rows(
        &self,
        part: usize,
        tools: &mut WorkerTools,
        rows: &MakeRows<'_, bool>,
    ) -> MutexGuard<'_, State> {
        let results = self.slots.get(part).map(PartSlots::results).unwrap_or_default();
        let go_on = rows(part, results, tools);
        let mut state = self.lock();
        state.stop |= !go_on;
        state
    }

    fn no_longer_busy(&self, ticket: u64) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.busy.remove(&ticket);
        state
    }

    fn run_small(&self, jobs: &[Job], tools: &mut WorkerTools) {
        self.count_read_again(jobs);
        let results =
            guarded(|| hash_small(&self.volumes, jobs, self.analysers, tools)).unwrap_or_default();
        let mut bytes = 0_u64;
        for (at, job) in jobs.iter().enumerate() {
            match results.get(at) {
                Some(Some(result)) => self.put(job, result),
                _ => self.read_alone(job, tools),
            }
            bytes = bytes.saturating_add(job.draft.size);
        }
        (self.advanced)(bytes);
    }

    fn run_big(&self, mut taken: Vec<TakenHead>, tools: &mut WorkerTools) {
        let places: Vec<_> = taken.iter().filter_map(|head| self.place(head)).collect();
        let worked = guarded(|| big::step(&self.volumes, &mut taken, self.analysers, tools));
        let bytes = taken.iter().fold(0_u64, |sum, head| sum.saturating_add(head.counts_as()));
        self.give_back(taken, worked.is_err());
        (self.advanced)(bytes);
        if self.windows.is_none() {
            places.into_iter().for_each(|range| self.medium.release(range));
        }
    }

    /// Gives heads back to their streams. A stream that has come to its end gives its result.
    fn give_back(&self, taken: Vec<TakenHead>, failed: bool) {
        let mut state = self.lock();
        for mut head in taken {
            head.fail_if(failed);
            let is_it = |active: &BigJob| Arc::ptr_eq(&active.job, &head.job);
            let Some(at) = state.active.iter().position(is_it) else { continue };
            let done =
                state.active.get_mut(at).and_then(|active| active.give_back(head, self.analysers));
            if let Some(result) = done {
                let job = state.active.swap_remove(at).job;
                self.put(&job, &result);
            }
        }
    }

    /// Where the first bytes that a head takes are on the medium.
    pub(super) fn place(&self, head: &TakenHead) -> Option<Range<u64>> {
        let runs = head.job.plain_runs()?;
        let at = self.volumes.get(head.job.volume)?.medium.at(head.cursor.next_place(runs)?);
        Some(at..at.saturating_add(head.count))
    }

    fn put(&self, job: &Job, result: &StreamResult) {
        for (part, index) in job.slots() {
            if let Some(slots) = self.slots.get(part) {
                slots.put(index, result);
            }
        }
    }

    /// Reads one stream from its stored place to its end, whatever is wrong with it.
    fn read_alone(&self, job: &Job, tools: &mut WorkerTools) {
        let stream = job.stream();
        let slot = job.slot();
        let _at = watch::at(|| Work::Stream(job.draft.first, job.draft.size));
        let read = || {
            let volume = self.volumes.get(job.volume)?;
            Some(self.alone.read(slot, self.reading(), job.facts(), |from, each| {
                let _ = pump_from(volume.source, &stream, from, &mut tools.scratch, each);
            }))
        };
        let result = match guarded(read).ok().flatten() {
            // Where it stands is noted: it goes on from there.
            Some(None) => return,
            Some(Some(result)) => result,
            None => StreamResult::reader_failed(),
        };
        self.put(job, &result);
        self.alone.done(slot);
    }

    /// A direct medium is not kept by us but by the system: what lies far behind may have to be read from the device again.
    fn count_read_again(&self, jobs: &[Job]) {
        if self.windows.is_some() {
            return;
        }
        let horizon = self.horizon.saturating_mul(self.window_bytes);
        for job in jobs {
            let Some((runs, volume)) = job.plain_runs().zip(self.volumes.get(job.volume)) else {
                continue;
            };
            for run in runs {
                if let Place::At(at) = run.place
                    && volume.medium.at(at).saturating_add(horizon) < job.draft.last
                {
                    self.read_again.fetch_add(run.length, Ordering::Relaxed);
                }
            }
        }
    }

    /// What no one needs any more gives its memory back.
    pub(super) fn release(&self, state: &mut State) {
        let frontier = self.frontier(state);
        let tail = match self.windows {
            Some(_) => self.tail(state, frontier),
            // The system keeps the pages; big streams that lag fetch them from there.
            None => self.near_tail(state, frontier),
        };
        if tail <= state.evicted {
            return;
        }
        let from = state.evicted.saturating_mul(self.window_bytes);
        let to = tail.saturating_mul(self.window_bytes).min(self.medium.len());
        state.evicted = tail;
        match self.windows {
            Some(windows) => {
                windows.evict_below(tail);
                // Where in the files the windows came from is the container's own knowledge: now and then everything is given back.
                if tail / FILES_RELEASED_EVERY != self.window_of(from) / FILES_RELEASED_EVERY {
                    self.files.iter().for_each(|file| file.release(0..file.len()));
                }
            }
            None => self.medium.release(from..to),
        }
    }
}
