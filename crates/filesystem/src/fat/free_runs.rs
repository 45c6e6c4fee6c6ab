//! Runs of free clusters.

use std::ops::Range;

use byte_source::{Problem, ProblemKind, Scratch};

use super::limited_problems::push_limited;
use super::{Entry, TableReader};

/// Runs of free clusters that a recovered file may take: with more gaps than this, contiguity is no assumption to make.
const MOST_RUNS: usize = 256;

/// The free clusters of a volume as ranges of cluster numbers, ascending. Memory: at most twice what the table takes in the volume.
#[derive(Debug, Default)]
pub(crate) struct FreeRuns {
    pub(crate) runs: Vec<Range<u32>>,
    /// Entries of the table that could not be read; their clusters count as in use.
    pub(crate) problems: Vec<Problem>,
}

impl FreeRuns {
    /// Reads the whole table.
    pub(crate) fn read(reader: &mut TableReader<'_>, scratch: &mut Scratch) -> Self {
        let mut free = Self::default();
        for cluster in 2..reader.table().limit {
            match reader.entry(cluster, scratch) {
                Ok(Entry::Free) => free.push(cluster),
                Ok(_) => {}
                Err(why) => {
                    let at = reader.table().entry_at(cluster);
                    push_limited(&mut free.problems, "FAT entry", at, ProblemKind::Unreadable(why));
                }
            }
        }
        free
    }

    /// Adds the next free cluster; they must come ascending.
    pub(crate) fn push(&mut self, cluster: u32) {
        let next = cluster.saturating_add(1);
        match self.runs.last_mut() {
            Some(last) if last.end == cluster => last.end = next,
            _ => self.runs.push(cluster..next),
        }
    }

    /// So many free clusters from `first` on, clusters in use skipped; fewer when there are not so many, or too many gaps.
    pub(crate) fn contiguous(&self, first: u32, needed: u64) -> Vec<Range<u32>> {
        let mut left = needed;
        let mut clusters = Vec::new();
        for run in self.from(first).take(MOST_RUNS) {
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

    pub(crate) fn contains(&self, cluster: u32) -> bool {
        self.from(cluster).next().is_some_and(|run| run.start == cluster)
    }

    /// The runs from `cluster` on; the first is cut so that it begins there at the earliest.
    pub(crate) fn from(&self, cluster: u32) -> impl Iterator<Item = Range<u32>> + '_ {
        let first = self.runs.partition_point(|run| run.end <= cluster);
        let runs = self.runs.get(first..).unwrap_or_default();
        runs.iter().map(move |run| run.start.max(cluster)..run.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_from_any_cluster_on() {
        let mut free = FreeRuns::default();
        [2, 3, 4, 9, 10].into_iter().for_each(|cluster| free.push(cluster));
        assert_eq!(free.from(3).collect::<Vec<_>>(), [3..5, 9..11]);
        assert!(free.from(5).eq(std::iter::once(9..11)));
        assert_eq!(free.contiguous(4, 2), [4..5, 9..10]);
        assert!(free.contains(4) && !free.contains(5) && !free.contains(11));
    }
}
