//! The jobs of a pass in the order of a place on the medium: packed, some megabytes of the medium at a time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use evidence::{Pile, Spill};

use super::job::Job;
use super::packed_job::{pack, unpack};

/// Bytes of the medium whose jobs are unpacked together, at least.
const BUCKET_BYTES: u64 = 8 << 20;
/// Buckets of a medium, at most.
const MOST_BUCKETS: u64 = 64 << 10;
/// Jobs of one bucket: its bytes would have to be shared by as many streams. Those of later records are not done.
pub(super) const MOST_JOBS: usize = 1 << 20;

/// By which place jobs are ordered.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// Where the first byte is.
    First,
    /// Behind the last byte.
    Last,
}

/// Jobs: first all come in, in any order, then they go out in order.
pub(super) struct JobQueue {
    spill: Arc<Spill>,
    order: Order,
    bucket_bytes: u64,
    buckets: BTreeMap<u64, Pile>,
    front: VecDeque<Job>,
}

impl JobQueue {
    pub(super) fn new(order: Order, medium_bytes: u64, spill: Arc<Spill>) -> Self {
        let bucket_bytes = medium_bytes.div_ceil(MOST_BUCKETS).max(BUCKET_BYTES);
        Self { spill, order, bucket_bytes, buckets: BTreeMap::new(), front: VecDeque::new() }
    }

    fn place(&self, job: &Job) -> u64 {
        match self.order {
            Order::First => job.draft.first,
            Order::Last => job.draft.last,
        }
    }

    fn bucket_of(&self, job: &Job) -> u64 {
        // What claims to lie past the end is as good as at the end.
        self.place(job).checked_div(self.bucket_bytes).unwrap_or(0).min(MOST_BUCKETS)
    }

    /// Takes a job; `packed` is working space.
    pub(super) fn push(&mut self, job: &Job, packed: &mut Vec<u8>) {
        packed.clear();
        pack(job, packed);
        let bucket = self.bucket_of(job);
        self.buckets.entry(bucket).or_default().append(packed, &self.spill);
    }

    /// Puts what `each` makes of the jobs of each bucket in their place; those that are too many for a bucket go to `left_out`.
    pub(super) fn change(
        &mut self,
        left_out: &mut dyn FnMut(Job),
        each: &mut dyn FnMut(Vec<Job>) -> Vec<Job>,
    ) {
        let mut packed = Vec::new();
        for number in self.buckets.keys().copied().collect::<Vec<_>>() {
            let Some(pile) = self.buckets.get_mut(&number) else { continue };
            let jobs = each(unpacked(pile, &self.spill, left_out));
            pile.clear(&self.spill);
            for job in self.sorted(jobs) {
                packed.clear();
                pack(&job, &mut packed);
                self.buckets.entry(number).or_default().append(&packed, &self.spill);
            }
        }
    }

    /// Takes jobs out, in order.
    pub(super) fn take_out(&mut self, wanted: &dyn Fn(&Job) -> bool) -> Vec<Job> {
        let mut taken = Vec::new();
        self.change(&mut |_| {}, &mut |jobs| {
            let (out, rest): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(wanted);
            taken.extend(out);
            rest
        });
        self.sorted(taken)
    }

    /// The job at this place in the queue.
    pub(super) fn get(&mut self, at: usize) -> Option<&Job> {
        while self.front.len() <= at
            && let Some((_, mut pile)) = self.buckets.pop_first()
        {
            let jobs = unpacked(&pile, &self.spill, &mut |_| {});
            pile.clear(&self.spill);
            let jobs = self.sorted(jobs);
            self.front.extend(jobs);
        }
        self.front.get(at)
    }

    /// Takes the first jobs out.
    pub(super) fn take(&mut self, count: usize) -> Vec<Job> {
        let taken = self.front.drain(..count.min(self.front.len())).collect();
        // The first one is always unpacked: it holds the pass back.
        self.get(0);
        taken
    }

    /// Drops all jobs.
    pub(super) fn clear(&mut self) {
        for (_, mut pile) in std::mem::take(&mut self.buckets) {
            pile.clear(&self.spill);
        }
        self.front.clear();
    }

    /// The first job, once [`Self::get`] has been called.
    pub(super) fn first(&self) -> Option<&Job> {
        self.front.front()
    }

    fn sorted(&self, mut jobs: Vec<Job>) -> Vec<Job> {
        jobs.sort_by_key(|job| (self.place(job), job.part, job.index));
        jobs
    }
}

/// The jobs of a pile: when there are too many, those of the first records.
fn unpacked(pile: &Pile, spill: &Spill, left_out: &mut dyn FnMut(Job)) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut limit = |jobs: &mut Vec<Job>| {
        if jobs.len() > MOST_JOBS {
            jobs.sort_by_key(Job::slot);
            jobs.drain(MOST_JOBS..).for_each(&mut *left_out);
        }
    };
    let bytes = pile.read(spill);
    let mut rest = bytes.as_slice();
    while let Some((job, behind)) = unpack(rest) {
        jobs.push(job);
        rest = behind;
        if jobs.len() >= 2 * MOST_JOBS {
            limit(&mut jobs);
        }
    }
    limit(&mut jobs);
    jobs
}
