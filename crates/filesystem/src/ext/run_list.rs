//! Building the runs of a stream from mappings in ascending logical order.

use byte_source::{Problem, ProblemKind};
use words::term;

use super::problems::Problems;
use crate::{Place, Run};

/// Runs kept of one stream: 4 million of 1 MiB each are 4 TiB, and take 130 MB of memory.
const MOST_RUNS: usize = 1 << 22;

/// Runs kept behind the end of a stream: space that was allocated beforehand comes in few.
const MOST_PAST_RUNS: usize = 1024;

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
    /// Where they are, from the end on, holes between them.
    past: Vec<Run>,
    full: bool,
}

impl RunList {
    /// An empty list for a stream of `size` bytes.
    pub(super) fn new(size: u64, block_bytes: u64) -> Self {
        let end = size.div_ceil(block_bytes.max(1));
        Self {
            block_bytes,
            runs: Vec::new(),
            next: 0,
            end,
            past_end: 0,
            past: Vec::new(),
            full: false,
        }
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

    /// The next `count` blocks are at `place`; what lies past the end is counted and kept apart.
    pub(super) fn push(&mut self, count: u64, place: Place) {
        let after = self.next.saturating_add(count);
        let kept = after.min(self.end).saturating_sub(self.next);
        let length = kept.saturating_mul(self.block_bytes);
        if matches!(place, Place::At(_) | Place::Unwritten(_)) && kept < count {
            let first = self.next.saturating_add(kept);
            self.push_past(first, count.saturating_sub(kept), moved(place, length));
        }
        self.next = after;
        if length == 0 || self.full {
            return;
        }
        self.full = !append(&mut self.runs, Run { length, place });
    }

    /// `count` blocks past the end, from block `first` of the stream on.
    fn push_past(&mut self, first: u64, count: u64, place: Place) {
        self.past_end = self.past_end.saturating_add(count);
        let covered = self.past.iter().fold(0_u64, |sum, run| sum.saturating_add(run.length));
        let from = first.saturating_sub(self.end).saturating_mul(self.block_bytes);
        let gap = Run { length: from.saturating_sub(covered), place: Place::Hole };
        if self.past.len() < MOST_PAST_RUNS {
            append(&mut self.past, gap);
            append(&mut self.past, Run { length: count.saturating_mul(self.block_bytes), place });
        }
    }

    /// The blocks up to `logical` are at `place`.
    pub(super) fn fill(&mut self, logical: u64, place: Place) {
        self.push(logical.saturating_sub(self.next), place);
    }

    /// The runs up to the end of the stream: what no mapping told is a hole, or unknown where the list was full. And those behind it.
    pub(super) fn finish(mut self, at: u64, problems: &mut Problems) -> (Vec<Run>, Vec<Run>) {
        self.fill(self.end, Place::Hole);
        if self.full {
            let what = term!("ext.runs-one-stream");
            let limit = byte_source::length(MOST_RUNS);
            problems.push(Problem::damage("inode", at, ProblemKind::LimitReached { what, limit }));
        }
        if self.past.len() >= MOST_PAST_RUNS {
            let what = term!("ext.runs-one-stream-behind-end");
            let limit = byte_source::length(MOST_PAST_RUNS);
            problems.push(Problem::note("inode", at, ProblemKind::LimitReached { what, limit }));
        }
        (self.runs, self.past)
    }
}

/// Appends a run, or lengthens the last one by it; false when there are too many.
fn append(runs: &mut Vec<Run>, run: Run) -> bool {
    if run.length == 0 {
        return true;
    }
    if let Some(last) = runs.last_mut()
        && continues(last, run.place)
    {
        last.length = last.length.saturating_add(run.length);
        return true;
    }
    let room = runs.len() < MOST_RUNS;
    if room {
        runs.push(run);
    }
    room
}

/// The place so many bytes further.
pub(super) fn moved(place: Place, bytes: u64) -> Place {
    match place {
        Place::At(at) => Place::At(at.saturating_add(bytes)),
        Place::Unwritten(at) => Place::Unwritten(at.saturating_add(bytes)),
        Place::Hole | Place::Unknown => place,
    }
}

fn continues(last: &Run, place: Place) -> bool {
    continues_at(last.place, last.length, place)
}

/// Does `next` go on where `length` bytes from `first` on end?
pub(super) fn continues_at(first: Place, length: u64, next: Place) -> bool {
    match (first, next) {
        (Place::At(first), Place::At(next)) | (Place::Unwritten(first), Place::Unwritten(next)) => {
            first.checked_add(length) == Some(next)
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
        list.fill(9, Place::Hole);
        list.push(1, Place::Unwritten(40960));
        let (runs, past) = list.finish(0, &mut Problems::default());
        assert_eq!(
            past,
            [
                Run { length: 2048, place: Place::At(22528) },
                Run { length: 2048, place: Place::Hole },
                Run { length: 1024, place: Place::Unwritten(40960) },
            ]
        );
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
