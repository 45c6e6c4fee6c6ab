//! Streams that are not hashed, each kind under its own cause: an item with such streams is not complete.

use byte_source::{Problem, ProblemKind};
use case_model::Disposition;
use words::{Statement, term};

use super::job::Job;
use super::queue::MOST_JOBS;
use super::slots::PartSlots;
use super::work::{Limit, MOST_TIMES};
use crate::stream::reader::StreamResult;

/// Returns the rule of a stream whose holes are more work than is done.
pub(crate) fn unstored_rule(most_bytes: u64) -> Statement {
    term!("skip.unstored").with(most_bytes)
}

/// Numbers of streams that are not hashed, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOutStreams {
    most_unstored: u64,
    claimed: u64,
    unstored: u64,
    crowded: u64,
}

impl LeftOutStreams {
    pub(super) fn new(most_unstored: u64) -> Self {
        Self { most_unstored, ..Self::default() }
    }

    /// The streams of a job are not hashed, because of a limit of work, or because too many lie at their place.
    pub(super) fn give_up(&mut self, job: &Job, limit: Option<Limit>, slots: &[PartSlots]) {
        let (count, rule): (&mut u64, Statement) = match limit {
            Some(Limit::Claimed) => (&mut self.claimed, term!("skip.claimed").into()),
            Some(Limit::Unstored) => (&mut self.unstored, unstored_rule(self.most_unstored)),
            None => (&mut self.crowded, term!("skip.crowded").into()),
        };
        let result = StreamResult::without_content(Disposition::Skipped, rule);
        for (part, index) in job.slots() {
            if let Some(slots) = slots.get(part) {
                slots.put(index, &result);
                *count = count.saturating_add(1);
            }
        }
    }

    /// What the index says of them: each kind keeps the item from being complete.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let kinds = [
            (self.claimed, term!("scan.bytes-streams-claim-medium-multiple"), MOST_TIMES),
            (self.unstored, term!("scan.bytes-holes-decoding-hash-streams"), self.most_unstored),
            (
                self.crowded,
                term!("scan.streams-one-place-medium-streams"),
                byte_source::length(MOST_JOBS),
            ),
        ];
        kinds
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(_, what, limit)| {
                Problem::damage(
                    "streams of the medium",
                    0,
                    ProblemKind::LimitReached { what, limit },
                )
            })
            .collect()
    }
}
