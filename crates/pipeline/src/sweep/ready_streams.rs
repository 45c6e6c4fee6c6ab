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

/// A head of a big stream that can go on.
struct ReadyHead {
    /// Which of the active streams.
    stream: usize,
    head: usize,
    /// Bytes that it can take.
    count: u64,
}

impl Sweep<'_> {
    pub(super) fn small(&self, state: &mut State, frontier: Frontier) -> Option<Task> {
        let mut count = 0;
        let mut bytes = 0_u64;
        let mut low = u64::MAX;
        while let Some(job) = state.small.get(count)
            && frontier.covers(job.draft.last)
            && count < BATCH_STREAMS
            && (count == 0 || bytes.saturating_add(job.draft.size) <= BATCH_BYTES)
        {
            bytes = bytes.saturating_add(job.draft.size);
            low = low.min(job.draft.first);
            count = count.saturating_add(1);
        }
        // A batch that is not full waits for more, unless there is nothing to wait for.
        let full = count >= BATCH_STREAMS || bytes >= BATCH_BYTES / 2 || frontier == Frontier::End;
        let lagging = state.small.first().is_some_and(|job| {
            frontier.has(job.draft.last.saturating_add(self.window_bytes.saturating_mul(2)))
        });
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
            let begun =
                state.big.take(1).into_iter().map(|job| BigJob::new(Arc::new(job), self.reading()));
            state.active.extend(begun);
        }
    }

    pub(super) fn big(&self, state: &mut State, frontier: Frontier, least: usize) -> Option<Task> {
        if let Some(at) = state.active.iter().position(|active| active.damaged && active.idle()) {
            return Some(Task::Alone(state.active.swap_remove(at).job));
        }
        let ready = self.ready_heads(state, frontier, least > 1);
        if ready.is_empty() || ready.len() < least {
            return None;
        }
        let mut low = u64::MAX;
        let mut taken: Vec<TakenHead> = Vec::new();
        for ready in ready.into_iter().take(LANES) {
            let Some(stream) = state.active.get_mut(ready.stream) else { continue };
            let head = stream.take(ready.head, ready.count, self.analysers);
            low = head
                .as_ref()
                .and_then(|head| self.place(head))
                .map_or(low, |place| low.min(place.start));
            taken.extend(head);
        }
        Some(Task::Big(taken, state.now_busy(low)))
    }

    /// Returns the heads that can go on now, all of the first one's digests: those go through the lanes side by side.
    fn ready_heads(&self, state: &State, frontier: Frontier, good_part: bool) -> Vec<ReadyHead> {
        let mut ready = Vec::new();
        let mut selection: Option<Selection> = None;
        for (stream, active) in
            state.active.iter().enumerate().filter(|(_, active)| !active.damaged)
        {
            for (head, free) in active.heads.iter().enumerate().filter(|(_, head)| head.is_free()) {
                let count = self.available(&active.job, free, frontier, good_part);
                if count > 0 && *selection.get_or_insert(free.selection) == free.selection {
                    ready.push(ReadyHead { stream, head, count });
                }
            }
        }
        ready
    }

    /// Bytes of a big stream that can be hashed now: a good part of a step, or what is left, if that is `wanted`.
    fn available(&self, job: &Job, head: &Head, frontier: Frontier, wanted: bool) -> u64 {
        let (Some(runs), Some(volume)) = (job.plain_runs(), self.volumes.get(job.volume)) else {
            return 0;
        };
        let reached = |at: u64, count: u64| {
            frontier.has(volume.medium.at(at.saturating_add(count.saturating_sub(1))))
        };
        let sizes = (job.draft.valid, job.draft.size);
        let count = head.cursor.available(runs, sizes, STEP_BYTES, &reached);
        let left = job.draft.size.saturating_sub(head.cursor.position);
        if !wanted || count == left || count >= STEP_BYTES / 2 { count } else { 0 }
    }
}
