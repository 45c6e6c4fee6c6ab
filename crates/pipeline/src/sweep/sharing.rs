//! Streams that share their bytes: one layout is read once.

use std::cmp::Ordering;

use super::job::{Job, place_numbers};

/// Joins jobs of the same layout: the others become twins of the first.
pub(super) fn join_twins(mut jobs: Vec<Job>) -> Vec<Job> {
    jobs.sort_by(by_layout);
    let mut kept: Vec<Job> = Vec::with_capacity(jobs.len());
    for job in jobs {
        match kept.last_mut() {
            Some(first) if first.same_bytes(&job) => first.twins.extend(job.slots()),
            _ => kept.push(job),
        }
    }
    kept
}

/// An order in which jobs of the same layout stand side by side, that of the first record first.
fn by_layout(left: &Job, right: &Job) -> Ordering {
    let numbers =
        |job: &Job| (job.draft.last, job.draft.first, job.draft.size, job.draft.valid, job.volume);
    let runs = |job: &Job| {
        job.plain_runs().map(|runs| {
            runs.iter().map(|run| (run.length, place_numbers(run.place))).collect::<Vec<_>>()
        })
    };
    numbers(left)
        .cmp(&numbers(right))
        .then_with(|| runs(left).cmp(&runs(right)))
        .then_with(|| left.slot().cmp(&right.slot()))
}
