//! The streams that a pass is to read: collected from the parts of the record tables, then put in order.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use evidence::Spill;
use hash_engine::Selection;

use super::job::{Draft, Job, Slot};
use super::left_out::LeftOutStreams;
use super::pass::SMALL_BYTES;
use super::queue::{JobQueue, Order};
use super::sharing::join_twins;
use super::slots::PartSlots;
use super::volume::SweepVolume;
use super::work::{Limit, Work, WorkBudget};
use crate::stream::reader::StreamResult;

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

impl Queues {
    /// Returns the places for results, empty.
    fn slots(&self, spill: &Arc<Spill>) -> Vec<PartSlots> {
        self.counts.iter().map(|count| PartSlots::new(*count, Arc::clone(spill))).collect()
    }
}

/// What is to be done, in order.
pub(super) struct WorkOrder {
    pub(super) small: JobQueue,
    pub(super) big: JobQueue,
    pub(super) slots: Vec<PartSlots>,
    /// Streams that are not hashed.
    pub(super) left_out: LeftOutStreams,
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
            counts.resize(part.saturating_add(1), 0);
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
    pub(super) fn settle(
        self,
        limits: &Limits<'_>,
        written: usize,
        fill: impl FnOnce(&[PartSlots]) -> bool,
    ) -> WorkOrder {
        let Self { medium_bytes, spill, queues } = self;
        let queues = queues.into_inner().unwrap_or_else(PoisonError::into_inner);
        let slots = queues.slots(&spill);
        let Queues { mut small, mut big, .. } = queues;
        let known = fill(&slots);
        slots.iter().take(written).for_each(PartSlots::clear);
        let mut left_out = LeftOutStreams::new(limits.most_unstored);
        let sum = join_copies([&mut small, &mut big], limits.selection, &mut |job| {
            left_out.give_up(job, None, &slots);
        });
        let mut budget = WorkBudget::new(medium_bytes, limits.most_unstored);
        if !budget.holds(sum.all) {
            keep_within(
                &mut budget,
                &sum.classes,
                [&mut small, &mut big],
                limits,
                &mut |job, limit| {
                    left_out.give_up(job, Some(limit), &slots);
                },
            );
        }
        if known || written > 0 {
            EarlierPass { slots: &slots, written, part: None }.take_out_of([&mut small, &mut big]);
        }
        slots.iter().for_each(PartSlots::all_saved);
        // The first one of each is unpacked from now on.
        small.get(0);
        big.get(0);
        WorkOrder { small, big, slots, left_out }
    }
}

/// The work of all streams.
#[derive(Default)]
struct SumOfWork {
    all: Work,
    classes: BTreeSet<u32>,
}

/// Joins streams of the same bytes, and sums the work. Streams that cannot be unpacked go to `lost`.
fn join_copies(
    queues: [&mut JobQueue; 2],
    selection: Selection,
    lost: &mut dyn FnMut(&Job),
) -> SumOfWork {
    let mut sum = SumOfWork::default();
    for queue in queues {
        queue.change(&mut |job| lost(&job), &mut |jobs| {
            let jobs = join_twins(jobs);
            for job in &jobs {
                let work = Work::of(job, selection);
                sum.all = sum.all.and(work);
                sum.classes.insert(work.class());
            }
            jobs
        });
    }
    sum
}

/// Takes the streams that go beyond a limit out of the queues and gives them to `over`: streams of less work are kept first, whatever the
/// order of the records. Goes once through the queues for each class.
fn keep_within(
    budget: &mut WorkBudget,
    classes: &BTreeSet<u32>,
    mut queues: [&mut JobQueue; 2],
    limits: &Limits<'_>,
    over: &mut dyn FnMut(&Job, Limit),
) {
    for class in classes {
        for queue in &mut queues {
            queue.change(&mut |_| {}, &mut |mut jobs| {
                jobs.retain(|job| {
                    let work = Work::of(job, limits.selection);
                    let taken = if work.class() == *class {
                        budget.take(job, work, limits.volumes)
                    } else {
                        Ok(())
                    };
                    taken.map_err(|limit| over(job, limit)).is_ok()
                });
                jobs
            });
        }
    }
}

/// What bounds the work of a pass.
pub(super) struct Limits<'l> {
    pub(super) volumes: &'l [SweepVolume<'l>],
    pub(super) selection: Selection,
    /// Bytes that are hashed at most without being on the medium.
    pub(super) most_unstored: u64,
}

/// What an earlier pass did.
struct EarlierPass<'k> {
    slots: &'k [PartSlots],
    /// Parts whose rows are written.
    written: usize,
    /// The results of the part that was asked for last.
    part: Option<(usize, Vec<Option<StreamResult>>)>,
}

impl EarlierPass<'_> {
    /// Takes out of the queues what that pass did.
    fn take_out_of(&mut self, queues: [&mut JobQueue; 2]) {
        for queue in queues {
            queue.change(&mut |_| {}, &mut |jobs| {
                jobs.into_iter().filter_map(|job| self.left(job)).collect()
            });
        }
    }

    /// What is left of a job to do: twins of a stream whose result is known need not be read.
    fn left(&mut self, mut job: Job) -> Option<Job> {
        let wanted = |(part, _): &Slot| *part >= self.written;
        let has =
            |(part, index): &Slot| self.slots.get(*part).is_some_and(|slots| slots.has(*index));
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
