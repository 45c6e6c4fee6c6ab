//! The content of deleted files: the table no longer says where it is, so it is assumed.
//!
//! What is known is the first cluster and the size. If the first cluster is free, the file is
//! assumed to lie in it and in the free clusters behind it (clusters in use by others are skipped):
//! right for files that were not fragmented and not overwritten, and marked as assumed always. If a
//! file in use begins in that cluster and has the same size, it is the same file, renamed or moved.
//! If an entry in use leads to the first cluster, the content is lost: whatever is there belongs to
//! another file. If the cluster is marked in use and no entry leads to it, it was never freed: the
//! chain is followed.

use std::ops::Range;

use byte_source::{Problem, ProblemKind, Scratch};
use words::{Term, term};

use crate::{Confidence, Layout, Stream};

use super::Format;
use super::directory_entry::DirectoryEntry;
use super::record::bad_first_cluster;
use super::volume::FatVolume;
use super::{
    MOST_UNOWNED_STEPS, TableReader, UNOWNED_CHAIN, UNOWNED_RUN, data_stream, runs, unowned_chain,
};

const STRUCTURE: &str = "deleted file";

/// A file in use begins in the same cluster and has the same size.
pub(crate) const RENAMED: Term = term!("fat.same-file-under-another-name");

impl FatVolume {
    /// The stream of a deleted file, and what an examiner should know of it.
    pub(super) fn recovered_stream(
        &self,
        entry: &DirectoryEntry,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> (Stream, Vec<Problem>) {
        let size = u64::from(entry.size);
        let first = entry.first_cluster(self.format());
        let recorded = |layout| data_stream(size, layout, Confidence::Recorded);
        if size == 0 {
            return (recorded(Layout::Runs(Vec::new())), Vec::new());
        }
        if !self.table.holds(first) {
            let problem = bad_first_cluster(entry.at, first).as_note();
            return (recorded(Layout::Lost(term!("fs.no-first-cluster"))), vec![problem]);
        }
        let mut problems: Vec<Problem> = self.doubts_about_first(entry).into_iter().collect();
        if self.tree.renamed.file(first, size).is_some() {
            let chain = self.follow(first, reader, scratch);
            let layout = Layout::Runs(runs(&chain.extents));
            return (data_stream(size, layout, Confidence::Assumed(RENAMED)), problems);
        }
        let (layout, confidence) = self.assumed_layout(entry, &mut problems, reader, scratch);
        (data_stream(size, layout, confidence), problems)
    }

    /// The layout of a deleted file that no other entry leads to, and how it is known.
    fn assumed_layout(
        &self,
        entry: &DirectoryEntry,
        problems: &mut Vec<Problem>,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> (Layout, Confidence) {
        let first = entry.first_cluster(self.format());
        let needed = self.heap.clusters_for(u64::from(entry.size));
        let Some((clusters, how)) = self.assumed_clusters(first, needed, reader, scratch) else {
            return (Layout::Lost(term!("fs.first-cluster-use-again")), Confidence::Recorded);
        };
        problems.extend(self.tree.deleted_files.doubts(entry.at, first, needed, &clusters));
        let extents: Vec<Range<u64>> = clusters.iter().map(|run| self.heap.extent(run)).collect();
        (Layout::Runs(runs(&extents)), Confidence::Assumed(how))
    }

    /// The clusters that a deleted file is assumed to lie in, and how they are known; `None` when
    /// its first one is in use again.
    fn assumed_clusters(
        &self,
        first: u32,
        needed: u64,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Option<(Vec<Range<u32>>, Term)> {
        if self.lost.unowned.contains(first) {
            return Some(self.unowned_clusters(first, needed, reader, scratch));
        }
        if !self.free.contains(first) {
            return None;
        }
        let clusters = self.free.contiguous(first, needed);
        let how = match clusters.len() {
            0 | 1 => term!("fs.contiguity"),
            _ => term!("fs.contiguity-over-free-clusters"),
        };
        Some((clusters, how))
    }

    /// Returns the clusters of a deleted file whose first one is still marked in use, and how they
    /// are known.
    fn unowned_clusters(
        &self,
        first: u32,
        needed: u64,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> (Vec<Range<u32>>, Term) {
        let unowned = &self.lost.unowned;
        if self.tree.unowned_steps <= MOST_UNOWNED_STEPS
            && let Some(chain) =
                unowned_chain(first, needed, &|cluster| unowned.contains(cluster), reader, scratch)
        {
            return (chain, UNOWNED_CHAIN);
        }
        (unowned.contiguous(first, needed).into_iter().take(1).collect(), UNOWNED_RUN)
    }

    /// Windows clears the upper half of the first cluster when it deletes a file on FAT32.
    fn doubts_about_first(&self, entry: &DirectoryEntry) -> Option<Problem> {
        const LOW_HALF: u32 = 0x1_0000;
        let doubtful = self.format() == Format::Fat32
            && entry.cluster_high == 0
            && self.table.limit > LOW_HALF;
        doubtful.then(|| {
            let how = term!("fat.upper-half-first-cluster-0");
            Problem::note(STRUCTURE, entry.at, ProblemKind::Inconsistent(how))
        })
    }
}
