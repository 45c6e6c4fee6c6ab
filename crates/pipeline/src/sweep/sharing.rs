//! Streams that share their bytes: hashed once where the layout is the same, and not without end where layouts overlap.

use std::cmp::Ordering;
use std::collections::HashMap;

use case_model::Disposition;
use filesystem::{Place, Run};

use super::job::Job;
use super::slots::PartSlots;
use crate::stream::StreamResult;

/// The bytes of the medium that streams claim, all together, as a multiple of the medium: what is claimed beyond is not hashed. Deleted files
/// overlap what was written later, so that some multiples are ordinary; a few kilobytes of hostile metadata can claim millions.
pub(crate) const MOST_TIMES: u64 = 32;
/// Bytes that may be claimed however small the medium is.
const ALWAYS_BYTES: u64 = 1 << 30;
const RULE: &str = "streams claim the bytes of the medium more than 32 times: not hashed";

/// Where a result goes: part, index in the part.
pub(super) type Slot = (usize, usize);

/// Streams whose results come from another one.
#[derive(Default)]
pub(super) struct Shared {
    /// Of the stream that is hashed: those with the same layout.
    twins: HashMap<Slot, Vec<Slot>>,
    /// Streams that are not hashed, because the medium's bytes were claimed too often.
    pub(super) over: Vec<Slot>,
}

impl Shared {
    /// Takes out of `jobs` what need not, or shall not, be hashed.
    pub(super) fn take_out(jobs: &mut Vec<Job>, medium_bytes: u64, claimed: &mut u64) -> Self {
        let mut shared = Self::default();
        jobs.sort_by(by_layout);
        let mut kept: Vec<Job> = Vec::with_capacity(jobs.len());
        for job in jobs.drain(..) {
            match kept.last() {
                Some(first) if first.same_bytes(&job) => {
                    shared.twins.entry(slot(first)).or_default().push(slot(&job))
                }
                _ => kept.push(job),
            }
        }
        kept.shrink_to_fit();
        let most = medium_bytes.saturating_mul(MOST_TIMES).max(ALWAYS_BYTES);
        let all = kept.iter().map(stored_bytes).fold(*claimed, u64::saturating_add);
        if all <= most {
            *claimed = all;
            *jobs = kept;
            return shared;
        }
        // In the order of the records, whatever the order of work.
        kept.sort_by_key(slot);
        kept.retain(|job| {
            *claimed = claimed.saturating_add(stored_bytes(job));
            let within = *claimed <= most;
            if !within {
                shared.over.push(slot(job));
                shared.over.extend(shared.twins.remove(&slot(job)).unwrap_or_default());
            }
            within
        });
        *jobs = kept;
        shared
    }

    /// The streams that get the same result as this one.
    pub(super) fn twins(&self, job: &Job) -> &[Slot] {
        self.twins.get(&slot(job)).map_or(&[], Vec::as_slice)
    }

    /// Gives twins what a checkpoint has of the stream that is hashed.
    pub(super) fn complete(&self, slots: &[PartSlots]) {
        for ((part, index), twins) in &self.twins {
            let Some(result) = slots.get(*part).and_then(|slots| slots.result(*index)) else { continue };
            for (part, index) in twins {
                if let Some(slots) = slots.get(*part) {
                    slots.put(*index, result.clone(), true);
                }
            }
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        self.twins.extend(other.twins);
        self.over.extend(other.over);
    }

    /// What becomes of a stream that is not hashed.
    pub(super) fn result_over() -> StreamResult {
        StreamResult::without_content(Disposition::Skipped, Some(RULE))
    }
}

fn slot(job: &Job) -> Slot {
    (job.part, job.index)
}

/// Bytes of the medium that are read for a stream.
fn stored_bytes(job: &Job) -> u64 {
    let stored = |run: &&Run| matches!(run.place, Place::At(_));
    let sum =
        |runs: &[Run]| runs.iter().filter(stored).fold(0_u64, |sum, run| sum.saturating_add(run.length));
    job.plain_runs().map_or(job.draft.size, |runs| sum(runs).min(job.draft.size))
}

/// Streams of the same layout come together.
fn by_layout(left: &Job, right: &Job) -> Ordering {
    let numbers = |job: &Job| (job.draft.last, job.draft.first, job.draft.size, job.draft.valid, job.volume);
    let place = |run: &Run| match run.place {
        Place::At(at) => (0, at),
        Place::Hole => (1, 0),
        Place::Unwritten(at) => (2, at),
        Place::Unknown => (3, 0),
    };
    let runs = |job: &'_ Job| {
        job.plain_runs().map(|runs| runs.iter().map(|run| (run.length, place(run))).collect::<Vec<_>>())
    };
    numbers(left)
        .cmp(&numbers(right))
        .then_with(|| runs(left).cmp(&runs(right)))
        .then_with(|| slot(left).cmp(&slot(right)))
}
