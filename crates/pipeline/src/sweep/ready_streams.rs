//! Which streams can go on: small ones in batches, big ones side by side.

use std::sync::Arc;

use hash_engine::Selection;

use super::big::{BigJob, Head, STEP_BYTES, TakenHead};
use super::frontier::Frontier;
use super::job::Job;
use super::pass::{State, Sweep, Task};

/// Bytes of streams in one batch, about: with what is decoded for them, they fit into the second-level cache of few processors, but keep the
/// lanes full.
const BATCH_BYTES: u64 = 8 << 20;
/// Streams in one batch.
const BATCH_STREAMS: usize = 512;
/// Big streams that are on their way at the same time.
const ACTIVE_BIG: usize = 64;
/// Big streams that go through the lanes together.
const LANES: usize = 16;

impl Sweep<'_> {
    pub(super) fn small(&self, state: &mut State, frontier: Frontier) -> Option<Task> {
        let (mut count, mut bytes, mut low) = (0, 0_u64, u64::MAX);
        while let Some(job) = state.small.get(count)
            && frontier.covers(job.draft.last)
            && count < BATCH_STREAMS
            && (count == 0 || bytes.saturating_add(job.draft.size) <= BATCH_BYTES)
        {
            bytes = bytes.saturating_add(job.draft.size);
            low = low.min(job.draft.first);
            count += 1;
        }
        // A batch that is not full waits for more, unless there is nothing to wait for.
        let full = count >= BATCH_STREAMS || bytes >= BATCH_BYTES / 2 || frontier == Frontier::End;
        let lagging = state
            .small
            .first()
            .is_some_and(|job| frontier.has(job.draft.last.saturating_add(2 * self.window_bytes)));
        if count == 0 || !(full || lagging) {
            return None;
        }
        let jobs = state.small.take(count);
        Some(Task::Small(jobs, state.now_busy(low)))
    }

    /// Big streams that the pass has come to are on their way from now on.
    pub(super) fn admit_big(&self, state: &mut State, frontier: Frontier) {
        while state.active.len() < ACTIVE_BIG
            && state.big.first().is_some_and(|job| frontier.has(job.draft.first))
        {
            let begun = state.big.take(1).into_iter().map(|job| BigJob::new(Arc::new(job), self.reading()));
            state.active.extend(begun);
        }
    }

    pub(super) fn big(&self, state: &mut State, frontier: Frontier, least: usize) -> Option<Task> {
        if let Some(at) = state.active.iter().position(|active| active.damaged && active.idle()) {
            return Some(Task::Alone(state.active.swap_remove(at).job));
        }
        let mut ready: Vec<(usize, usize, u64, Selection)> = Vec::new();
        for (at, active) in state.active.iter().enumerate().filter(|(_, active)| !active.damaged) {
            for (number, head) in active.heads.iter().enumerate().filter(|(_, head)| head.is_free()) {
                let count = self.available(&active.job, head, frontier, least > 1);
                if count > 0 {
                    ready.push((at, number, count, head.selection));
                }
            }
        }
        let selection = ready.first()?.3;
        ready.retain(|(_, _, _, other)| *other == selection);
        if ready.len() < least {
            return None;
        }
        let mut low = u64::MAX;
        let taken: Vec<TakenHead> = ready
            .into_iter()
            .take(LANES)
            .filter_map(|(at, head, count, _)| {
                let taken = state.active.get_mut(at)?.take(head, count, self.analysers)?;
                low = self.place(&taken).map_or(low, |place| low.min(place.start));
                Some(taken)
            })
            .collect();
        Some(Task::Big(taken, state.now_busy(low)))
    }

    /// Bytes of a big stream that can be hashed now: a good part of a step, or what is left, if that is `wanted`.
    fn available(&self, job: &Job, head: &Head, frontier: Frontier, wanted: bool) -> u64 {
        let (Some(runs), Some(volume)) = (job.plain_runs(), self.volumes.get(job.volume)) else { return 0 };
        let reached =
            |at: u64, count: u64| frontier.has(volume.medium.at(at.saturating_add(count.saturating_sub(1))));
        let sizes = (job.draft.valid, job.draft.size);
        let count = head.cursor.available(runs, sizes, STEP_BYTES, &reached);
        let left = job.draft.size.saturating_sub(head.cursor.position);
        if !wanted || count == left || count >= STEP_BYTES / 2 { count } else { 0 }
    }
}
