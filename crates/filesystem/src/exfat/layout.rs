//! Where content lies: by the chain, by the entry alone (`NoFatChain`), or, when deleted, by what
//! is left of either.

use std::ops::Range;

use byte_source::{Expected, Problem, ProblemKind, Scratch};
use words::{Term, term};

use crate::fat::{
    Chain, Entry, MOST_UNOWNED_STEPS, RENAMED, TableReader, UNOWNED_CHAIN, UNOWNED_RUN,
    push_cluster, runs, unowned_chain,
};
use crate::{Confidence, Layout};

use super::file_set::Allocated;
use super::tree::{MOST_STALE_CLUSTERS, MOST_STALE_STEPS};
use super::volume::ExFatVolume;

const STRUCTURE: &str = "exFAT allocation";

impl ExFatVolume {
    /// The layout of space in use, which the entry at byte `at` names.
    pub(super) fn live_layout(
        &self,
        space: &Allocated,
        at: u64,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> (Layout, Vec<Problem>) {
        let needed = self.heap.clusters_for(space.length);
        if space.first_cluster == 0 && needed == 0 {
            return (Layout::Runs(Vec::new()), Vec::new());
        }
        if !self.table.holds(space.first_cluster) {
            let problem = bad_first_cluster(at, space.first_cluster);
            let problem = if needed == 0 { problem.as_note() } else { problem };
            return (Layout::Lost(term!("fs.no-first-cluster")), vec![problem]);
        }
        if space.no_fat_chain {
            return self.run_layout(space.first_cluster, needed, at);
        }
        let chain =
            Chain::follow(space.first_cluster, self.heap, &self.tree.crossings, reader, scratch);
        (Layout::Runs(runs(&chain.extents)), chain.problems(Some(needed), reader))
    }

    fn run_layout(&self, first: u32, needed: u64, at: u64) -> (Layout, Vec<Problem>) {
        let end = u64::from(first).saturating_add(needed);
        let limit = self.table.limit;
        let run = first..u32::try_from(end).unwrap_or(u32::MAX).min(limit);
        let mut problems = Vec::new();
        if end > u64::from(limit) {
            let expected = Expected::Within(2, u64::from(limit));
            let kind = ProblemKind::Value { field: "end of the clusters", expected, found: end };
            problems.push(Problem::damage(STRUCTURE, at, kind));
        }
        if !run.is_empty() && self.tree.crossings.clusters.range(run.clone()).next().is_some() {
            let how = term!("exfat.cluster-belongs-another-file-too");
            problems.push(Problem::damage(STRUCTURE, at, ProblemKind::Inconsistent(how)));
        }
        (Layout::Runs(runs(&[self.heap.extent(&run)])), problems)
    }

    /// The layout of a deleted file's content. Its first cluster and size are known, and whether it
    /// had a chain; what lies in clusters that are in use again is not given.
    pub(super) fn deleted_layout(
        &self,
        space: &Allocated,
        at: u64,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> (Layout, Confidence, Vec<Problem>) {
        let first = space.first_cluster;
        let needed = self.heap.clusters_for(space.length);
        if needed == 0 {
            return (Layout::Runs(Vec::new()), Confidence::Recorded, Vec::new());
        }
        if !self.table.holds(first) {
            let problem = bad_first_cluster(at, first).as_note();
            return (
                Layout::Lost(term!("fs.no-first-cluster")),
                Confidence::Recorded,
                vec![problem],
            );
        }
        if let Some(no_fat_chain) = self.tree.renamed.file(first, space.length) {
            let space = &Allocated { no_fat_chain, ..*space };
            let (layout, problems) = self.live_layout(space, at, reader, scratch);
            let notes = problems.into_iter().map(Problem::as_note).collect();
            return (layout, Confidence::Assumed(RENAMED), notes);
        }
        self.assumed_layout(space, at, reader, scratch)
    }

    /// The layout of a deleted file that no other entry leads to, how it is known, and what an
    /// examiner should know.
    fn assumed_layout(
        &self,
        space: &Allocated,
        at: u64,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> (Layout, Confidence, Vec<Problem>) {
        let needed = self.heap.clusters_for(space.length);
        let Some((clusters, how)) = self.assumed_clusters(space, needed, reader, scratch) else {
            let how = match self.free.problems.is_empty() {
                true => term!("fs.first-cluster-use-again"),
                false => term!("exfat.allocation-bitmap-does-not-say"),
            };
            return (Layout::Lost(how), Confidence::Recorded, Vec::new());
        };
        let problems = self.tree.deleted_files.doubts(at, space.first_cluster, needed, &clusters);
        let extents: Vec<Range<u64>> = clusters.iter().map(|run| self.heap.extent(run)).collect();
        (Layout::Runs(runs(&extents)), Confidence::Assumed(how), problems)
    }

    /// The clusters that a deleted file is assumed to lie in, and how they are known; `None` when
    /// its first one is in use again.
    fn assumed_clusters(
        &self,
        space: &Allocated,
        needed: u64,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Option<(Vec<Range<u32>>, Term)> {
        let first = space.first_cluster;
        if self.lost.unowned.contains(first) {
            return Some(self.unowned_clusters(space, needed, reader, scratch));
        }
        if !self.free.contains(first) {
            return None;
        }
        if space.no_fat_chain {
            return Some((self.free_part(first, needed), term!("exfat.contiguity-deleted-entry")));
        }
        if let Some(chain) = self.stale_chain(first, needed, reader, scratch) {
            return Some((chain, term!("exfat.chain-left-behind")));
        }
        Some(match self.free.contiguous(first, needed) {
            one if one.len() < 2 => (one, term!("fs.contiguity")),
            more => (more, term!("fs.contiguity-over-free-clusters")),
        })
    }

    /// Returns the clusters of a deleted file whose first one is still marked in use, and how they
    /// are known.
    fn unowned_clusters(
        &self,
        space: &Allocated,
        needed: u64,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> (Vec<Range<u32>>, Term) {
        let first = space.first_cluster;
        let unowned = &self.lost.unowned;
        let has_chain = !space.no_fat_chain
            && self.tree.unowned_steps <= MOST_UNOWNED_STEPS
            && matches!(reader.entry(first, scratch), Ok(Entry::Next(_) | Entry::End));
        if has_chain
            && let Some(chain) =
                unowned_chain(first, needed, &|cluster| unowned.contains(cluster), reader, scratch)
        {
            return (chain, UNOWNED_CHAIN);
        }
        (unowned.contiguous(first, needed).into_iter().take(1).collect(), UNOWNED_RUN)
    }

    /// The clusters from `first` on up to the first in use.
    fn free_part(&self, first: u32, needed: u64) -> Vec<Range<u32>> {
        self.free.contiguous(first, needed).into_iter().take(1).collect()
    }

    /// A chain of free clusters of just the length needed: deletion clears the bitmap, and often
    /// leaves the chain.
    fn stale_chain(
        &self,
        first: u32,
        needed: u64,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Option<Vec<Range<u32>>> {
        if self.tree.stale_steps > MOST_STALE_STEPS {
            return None;
        }
        let mut chain: Vec<Range<u32>> = Vec::new();
        let mut cluster = first;
        // Such chains may be loops.
        for _ in 0..needed.min(MOST_STALE_CLUSTERS) {
            if !self.free.contains(cluster) {
                return None;
            }
            push_cluster(&mut chain, cluster);
            match reader.entry(cluster, scratch) {
                Ok(Entry::Next(next)) => cluster = next,
                Ok(Entry::End) => {
                    let count: u64 =
                        chain.iter().map(|run| u64::from(run.end.saturating_sub(run.start))).sum();
                    return (count == needed).then_some(chain);
                }
                _ => return None,
            }
        }
        None
    }
}

fn bad_first_cluster(at: u64, cluster: u32) -> Problem {
    let expected = Expected::Rule(term!("fs.cluster-volume"));
    let kind = ProblemKind::Value { field: "FirstCluster", expected, found: u64::from(cluster) };
    Problem::damage(STRUCTURE, at, kind)
}
