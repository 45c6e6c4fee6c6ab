//! Building the runs of a stream from mappings in ascending logical order.

use byte_source::{Problem, ProblemKind};

use super::problems::Problems;
use crate::{Place, Run};

/// Runs kept of one stream: 4 million of 1 MiB each are 4 TiB, and take 130 MB of memory.
const MOST_RUNS: usize = 1 << 22;

/// The runs of a stream, from block 0 on without gaps.
pub(super) struct RunList {
    block_bytes: u64,
    runs: Vec<Run>,
    /// First logical block that is not mapped yet.
    next: u64,
    /// First logical block past the end of the stream.
    end: u64,
    /// Blocks mapped past the end.
    past_end: u64,
    full: bool,
}

impl RunList {
    /// An empty list for a stream of `size` bytes.
    pub(super) fn new(size: u64, block_bytes: u64) -> Self {
        let end = size.div_ceil(block_bytes.max(1));
        Self { block_bytes, runs: Vec::new(), next: 0, end, past_end: 0, full: false }
    }

    /// First logical block that is not mapped yet.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// First logical block past the end of the stream.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Blocks allocated past the end of the stream.
    pub(super) fn past_end(&self) -> u64 {
        self.past_end
    }

    /// True when no more is taken: the limit was reached.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// The next `count` blocks are at `place`; what lies past the end is only counted.
    pub(super) fn push(&mut self, count: u64, place: Place) {
        let after = self.next.saturating_add(count);
        let kept = after.min(self.end).saturating_sub(self.next);
        if matches!(place, Place::At(_) | Place::Unwritten(_)) {
            self.past_end = self.past_end.saturating_add(count.saturating_sub(kept));
        }
        self.next = after;
        let length = kept.saturating_mul(self.block_bytes);
        if length == 0 || self.full {
            return;
        }
        if let Some(last) = self.runs.last_mut()
            && continues(last, place)
        {
            last.length = last.length.saturating_add(length);
        } else if self.runs.len() < MOST_RUNS {
            self.runs.push(Run { length, place });
        } else {
            self.full = true;
        }
    }

    /// The blocks up to `logical` are at `place`.
    pub(super) fn fill(&mut self, logical: u64, place: Place) {
        self.push(logical.saturating_sub(self.next), place);
    }

    /// The runs, up to the end of the stream: what no mapping told is a hole, or unknown where the list was full.
    pub(super) fn finish(mut self, at: u64, problems: &mut Problems) -> Vec<Run> {
        self.fill(self.end, Place::Hole);
        if self.full {
            let what = "runs of one stream";
            let limit = byte_source::length(MOST_RUNS);
            problems.push(Problem::damage("inode", at, ProblemKind::LimitReached { what, limit }));
        }
        self.runs
    }
}

fn continues(last: &Run, place: Place) -> bool {
    match (last.place, place) {
        (Place::At(first), Place::At(next)) | (Place::Unwritten(first), Place::Unwritten(next)) => {
            first.checked_add(last.length) == Some(next)
        }
        (Place::Hole, Place::Hole) | (Place::Unknown, Place::Unknown) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_merge_and_end_with_the_last_block_of_the_stream() {
        let mut list = RunList::new(4097, 1024);
        list.push(1, Place::At(8192));
        list.push(1, Place::At(9216));
        list.fill(3, Place::Hole);
        list.push(4, Place::At(20480));
        assert_eq!(list.past_end(), 2);
        let runs = list.finish(0, &mut Problems::default());
        assert_eq!(
            runs,
            [
                Run { length: 2048, place: Place::At(8192) },
                Run { length: 1024, place: Place::Hole },
                Run { length: 2048, place: Place::At(20480) },
            ]
        );
    }
}
