//! The content of deleted files: the table no longer says where it is, so it is assumed.
//!
//! What is known is the first cluster and the size. If the first cluster is free, the file is assumed to lie in it and in the free
//! clusters behind it (clusters in use by others are skipped): right for files that were not fragmented and not overwritten, and
//! marked as assumed always. If the first cluster is in use again, the content is lost: whatever is there belongs to another file.

use std::ops::Range;

use byte_source::{Problem, ProblemKind};

use crate::{Confidence, Layout, Stream, StreamKind};

use super::Format;
use super::directory_entry::DirectoryEntry;
use super::record::{bad_first_cluster, runs};
use super::volume::FatVolume;

const STRUCTURE: &str = "deleted file";
/// Runs of free clusters that a recovered file may take: with more gaps than this, contiguity is no assumption to make.
const MOST_RUNS: usize = 1024;

impl FatVolume {
    /// The stream of a deleted file, and what an examiner should know of it.
    pub(super) fn recovered_stream(&self, entry: &DirectoryEntry) -> (Stream, Vec<Problem>) {
        let size = u64::from(entry.size);
        let first = entry.first_cluster(self.format());
        let stream = |layout, confidence| Stream {
            kind: StreamKind::Data,
            name: Vec::new(),
            size,
            valid: size,
            layout,
            confidence,
        };
        if size == 0 {
            return (stream(Layout::Runs(Vec::new()), Confidence::Recorded), Vec::new());
        }
        if !self.table.holds(first) {
            let problem = bad_first_cluster(entry.at, first).as_note();
            return (stream(Layout::Lost("no first cluster"), Confidence::Recorded), vec![problem]);
        }
        let mut problems: Vec<Problem> = self.doubts_about_first(entry).into_iter().collect();
        if !self.free.contains(first) {
            let how = "first cluster in use again";
            return (stream(Layout::Lost(how), Confidence::Recorded), problems);
        }
        let needed = size.div_ceil(u64::from(self.heap.cluster_bytes).max(1));
        let clusters = self.assume_contiguous(first, needed);
        let confidence = match clusters.len() {
            0 | 1 => Confidence::Assumed("contiguity"),
            _ => Confidence::Assumed("contiguity over free clusters"),
        };
        problems.extend(self.doubts_about_run(entry, first, needed, &clusters));
        let extent = |run: &Range<u32>| {
            let last = self.heap.range(run.end.saturating_sub(1));
            self.heap.range(run.start).start..last.end
        };
        let extents: Vec<Range<u64>> = clusters.iter().map(extent).collect();
        (stream(Layout::Runs(runs(&extents)), confidence), problems)
    }

    fn assume_contiguous(&self, first: u32, needed: u64) -> Vec<Range<u32>> {
        let mut left = needed;
        let mut clusters = Vec::new();
        for run in self.free.from(first).take(MOST_RUNS) {
            let taken = u64::from(run.end.saturating_sub(run.start)).min(left);
            let end = run.start.saturating_add(u32::try_from(taken).unwrap_or(u32::MAX));
            clusters.push(run.start..end);
            left = left.saturating_sub(taken);
            if left == 0 {
                break;
            }
        }
        clusters
    }

    /// Windows clears the upper half of the first cluster when it deletes a file on FAT32.
    fn doubts_about_first(&self, entry: &DirectoryEntry) -> Option<Problem> {
        const LOW_HALF: u32 = 0x1_0000;
        let doubtful =
            self.format() == Format::Fat32 && entry.cluster_high == 0 && self.table.limit > LOW_HALF;
        doubtful.then(|| {
            let how = "the upper half of the first cluster is 0, as Windows leaves it: the file may have begun in a later cluster";
            Problem::note(STRUCTURE, entry.at, ProblemKind::Inconsistent(how))
        })
    }

    fn doubts_about_run(
        &self,
        entry: &DirectoryEntry,
        first: u32,
        needed: u64,
        clusters: &[Range<u32>],
    ) -> Vec<Problem> {
        let note = |how| Problem::note(STRUCTURE, entry.at, ProblemKind::Inconsistent(how));
        let found: u64 = clusters.iter().map(|run| u64::from(run.end.saturating_sub(run.start))).sum();
        let mut problems = Vec::new();
        if found < needed {
            problems.push(note("fewer free clusters follow the first than the size needs"));
        }
        let others = &self.tree.deleted_files;
        if clusters.iter().any(|run| others.any_begins_in(run, first)) {
            problems.push(note("another deleted file begins in the clusters assumed for this one"));
        }
        if others.any_reaches(first) {
            problems
                .push(note("it begins in the clusters that another deleted file would take by contiguity"));
        }
        problems
    }
}
