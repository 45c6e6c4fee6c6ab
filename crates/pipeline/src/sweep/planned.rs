//! The streams that a pass is to read: collected from the parts of the record tables, then put in order.

use std::sync::{Arc, Mutex, PoisonError};

use case_model::Disposition;
use evidence::Spill;

use super::job::{Draft, Job, Slot};
use super::queue::{JobQueue, Order};
use super::schedule::SMALL_BYTES;
use super::sharing::{join_twins, stored_bytes};
use super::slots::PartSlots;
use crate::stream::StreamResult;

/// How often all streams together may claim the bytes of the medium. On real file systems streams do not overlap, save deleted ones and shared
/// extents; some thousand hostile records can claim the whole medium each, which would take months to hash.
pub(crate) const MOST_TIMES: u64 = 32;
/// Bytes that streams may claim of a medium of any size: a small one is read soon.
const ALWAYS_BYTES: u64 = 1 << 30;
const RULE: &str = "streams claim the bytes of the medium more than 32 times: not hashed";

/// Takes the streams of parts, in any order, from any thread.
pub(crate) struct PlannedStreams {
    medium_bytes: u64,
    spill: Arc<Spill>,
    queues: Mutex<Queues>,
}

struct Queues {
    /// In the order in which they end.
    small: JobQueue,
    /// In the order in which they begin.
    big: JobQueue,
    /// Streams of each part.
    counts: Vec<usize>,
    packed: Vec<u8>,
}

/// What is to be done, in order.
pub(super) struct Settled {
    pub(super) small: JobQueue,
    pub(super) big: JobQueue,
    pub(super) slots: Vec<PartSlots>,
    /// Streams that are not hashed, because together they claim the bytes of the medium too often.
    pub(super) over: u64,
}

impl PlannedStreams {
    /// For a medium of so many bytes; jobs and results go where `spill` has room for them.
    pub(crate) fn new(medium_bytes: u64, spill: Arc<Spill>) -> Self {
        let queues = Queues {
            small: JobQueue::new(Order::Last, medium_bytes, Arc::clone(&spill)),
            big: JobQueue::new(Order::First, medium_bytes, Arc::clone(&spill)),
            counts: Vec::new(),
            packed: Vec::new(),
        };
        Self { medium_bytes, spill, queues: Mutex::new(queues) }
    }

    /// The memory that jobs and results are kept in.
    pub(crate) fn spill(&self) -> &Arc<Spill> {
        &self.spill
    }

    /// There are so many parts, with streams or without.
    pub(crate) fn set_parts(&self, count: usize) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.counts.resize(count, 0);
    }

    /// Takes the streams of a part, whose volume has this number.
    pub(crate) fn add(&self, part: usize, volume: usize, drafts: Vec<Draft>) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let Queues { small, big, counts, packed } = &mut *queues;
        if counts.len() <= part {
            counts.resize(part + 1, 0);
        }
        if let Some(count) = counts.get_mut(part) {
            *count = drafts.len();
        }
        for (index, draft) in drafts.into_iter().enumerate() {
            let job = Job { volume, part, index, draft, twins: Vec::new() };
            let is_big = job.draft.size > SMALL_BYTES && job.plain_runs().is_some();
            if is_big { big.push(&job, packed) } else { small.push(&job, packed) }
        }
    }

    /// Puts everything in order. The first `written` parts are done, and `fill` gives results that are known of others.
    pub(super) fn settle(self, written: usize, fill: impl FnOnce(&[PartSlots]) -> bool) -> Settled {
        let Self { medium_bytes, spill, queues } = self;
        let Queues { mut small, mut big, counts, .. } =
            queues.into_inner().unwrap_or_else(PoisonError::into_inner);
        let slots: Vec<PartSlots> =
            counts.into_iter().map(|count| PartSlots::new(count, Arc::clone(&spill))).collect();
        let known = fill(&slots);
        slots.iter().take(written).for_each(PartSlots::clear);
        let mut over = 0;
        let mut claims = vec![0_u64; slots.len()];
        for queue in [&mut small, &mut big] {
            queue.change(&mut |job| over += give_up(&job, &slots), &mut |jobs| {
                let jobs = join_twins(jobs);
                for job in &jobs {
                    if let Some(claim) = claims.get_mut(job.part) {
                        *claim = claim.saturating_add(stored_bytes(job));
                    }
                }
                jobs
            });
        }
        let limit = limit(medium_bytes, &claims, [&small, &big]);
        if known || written > 0 || limit.is_some() {
            let mut known = Known { slots: &slots, written, part: None };
            for queue in [&mut small, &mut big] {
                queue.change(&mut |_| {}, &mut |jobs| {
                    let within = |job: Job| match limit {
                        Some(limit) if job.slot() >= limit => {
                            over += give_up(&job, &slots);
                            None
                        }
                        _ => known.left(job),
                    };
                    jobs.into_iter().filter_map(within).collect()
                });
            }
        }
        slots.iter().for_each(PartSlots::all_saved);
        // The first one of each is unpacked from now on.
        small.get(0);
        big.get(0);
        Settled { small, big, slots, over }
    }
}

/// The first stream, in the order of the records and whatever the order of work, with which the claims are too many.
fn limit(medium_bytes: u64, claims: &[u64], queues: [&JobQueue; 2]) -> Option<Slot> {
    let most = medium_bytes.saturating_mul(MOST_TIMES).max(ALWAYS_BYTES);
    let mut before = 0_u64;
    let part = claims.iter().position(|claim| {
        let within = before.saturating_add(*claim) <= most;
        if within {
            before = before.saturating_add(*claim);
        }
        !within
    })?;
    let mut here = Vec::new();
    for queue in queues {
        queue.visit(&mut |job| {
            if job.part == part {
                here.push((job.slot(), stored_bytes(&job)));
            }
        });
    }
    here.sort_unstable();
    let first = here.into_iter().find(|(_, bytes)| {
        before = before.saturating_add(*bytes);
        before > most
    });
    first.map(|(slot, _)| slot)
}

/// The streams of a job are not hashed. Gives their number.
fn give_up(job: &Job, slots: &[PartSlots]) -> u64 {
    let result = StreamResult::without_content(Disposition::Skipped, Some(RULE));
    let places = job.slots().filter_map(|(part, index)| Some((slots.get(part)?, index)));
    places.map(|(slots, index)| slots.put(index, &result)).count() as u64
}

/// What an earlier pass did.
struct Known<'k> {
    slots: &'k [PartSlots],
    /// Parts whose rows are written.
    written: usize,
    /// The results of the part that was asked for last.
    part: Option<(usize, Vec<Option<StreamResult>>)>,
}

impl Known<'_> {
    /// What is left of a job to do: twins of a stream whose result is known need not be read.
    fn left(&mut self, mut job: Job) -> Option<Job> {
        let wanted = |(part, _): &Slot| *part >= self.written;
        let has = |(part, index): &Slot| self.slots.get(*part).is_some_and(|slots| slots.has(*index));
        let (done, open): (Vec<Slot>, Vec<Slot>) = job.slots().filter(wanted).partition(has);
        if let Some(slot) = done.first().copied()
            && !open.is_empty()
            && let Some(result) = self.result(slot)
        {
            for (part, index) in open {
                if let Some(slots) = self.slots.get(part) {
                    slots.put(index, &result);
                }
            }
            return None;
        }
        let (first, rest) = open.split_first()?;
        (job.part, job.index) = *first;
        job.twins = rest.to_vec();
        Some(job)
    }

    fn result(&mut self, (part, index): Slot) -> Option<StreamResult> {
        if self.part.as_ref().is_none_or(|(known, _)| *known != part) {
            self.part = Some((part, self.slots.get(part)?.results()));
        }
        self.part.as_ref()?.1.get(index)?.clone()
    }
}
