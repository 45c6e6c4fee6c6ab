//! What each piece of work does.

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};

use filesystem::{Place, pump_from};

use super::big::{self, BigJob, TakenHead};
use super::chain;
use super::job::Job;
use super::schedule::{MakeRows, State, Sweep, Task};
use super::slots::PartSlots;
use super::small::hash_small;
use super::windows::READER_FAILED;
use super::worker::WorkerTools;
use case_model::UnreadableRange;

use crate::stream::reader::StreamResult;
use crate::workers::isolation::guarded;
use crate::workers::watch::{self, Work};

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
            Task::Chain(at, mut hasher, window) => {
                let start = window * self.window_bytes;
                let end = start.saturating_add(self.window_bytes).min(self.medium.len());
                if at == 0 && self.windows.is_none() {
                    self.medium
                        .prefetch(end..end.saturating_add(2 * self.window_bytes).min(self.medium.len()));
                }
                let before = hasher.clone();
                let taken = guarded(|| chain::take(&mut hasher, self.medium, start..end, &mut tools.scratch));
                let unread = taken.unwrap_or_else(|_| {
                    hasher = before;
                    hasher.update_zeros(end - start);
                    let (length, why) = (end - start, READER_FAILED.statement().encode());
                    vec![UnreadableRange { offset: start, length, why }]
                });
                if at == 0 {
                    (self.advanced)(end - start);
                }
                let mut state = self.lock();
                if let Some(chain) = state.chains.get_mut(at) {
                    chain.give_back(hasher);
                }
                if at == 0 {
                    for range in unread {
                        state.unread.add(range.offset, range.length, range.why);
                    }
                }
                state
            }
            Task::Decode(number) => {
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
                    state.decoded += 1;
                }
                state
            }
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
            Task::Rows(part) => {
                let results = self.slots.get(part).map(PartSlots::results).unwrap_or_default();
                let go_on = rows(part, results, tools);
                let mut state = self.lock();
                state.stop |= !go_on;
                state
            }
        }
    }

    fn no_longer_busy(&self, ticket: u64) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        state.busy.remove(&ticket);
        state
    }

    fn run_small(&self, jobs: &[Job], tools: &mut WorkerTools) {
        self.count_read_again(jobs);
        let results = guarded(|| hash_small(&self.volumes, jobs, self.analysers, tools)).unwrap_or_default();
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
        let mut state = self.lock();
        for mut head in taken {
            head.fail_if(worked.is_err());
            let is_it = |active: &BigJob| Arc::ptr_eq(&active.job, &head.job);
            let Some(at) = state.active.iter().position(is_it) else { continue };
            let done = state.active.get_mut(at).and_then(|active| active.give_back(head, self.analysers));
            if let Some(result) = done {
                let job = state.active.swap_remove(at).job;
                self.put(&job, &result);
            }
        }
        drop(state);
        (self.advanced)(bytes);
        if self.windows.is_none() {
            places.into_iter().for_each(|range| self.medium.release(range));
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

    /// Reads one stream from where it stands to its end, whatever is wrong with it.
    fn read_alone(&self, job: &Job, tools: &mut WorkerTools) {
        let (stream, slot) = (job.stream(), job.slot());
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
            let Some((runs, volume)) = job.plain_runs().zip(self.volumes.get(job.volume)) else { continue };
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
                if tail / FILES_RELEASED_EVERY != from / self.window_bytes / FILES_RELEASED_EVERY {
                    self.files.iter().for_each(|file| file.release(0..file.len()));
                }
            }
            None => self.medium.release(from..to),
        }
    }
}
