//! Runs of free clusters.

use std::ops::Range;

use byte_source::{Problem, ProblemKind, Scratch};

use super::reserved_area::push_limited;
use super::{Entry, TableReader};

/// The free clusters of a volume as ranges of cluster numbers, ascending. Memory: at most twice what the table takes in the volume.
#[derive(Debug, Default)]
pub(super) struct FreeRuns {
    pub(super) runs: Vec<Range<u32>>,
    /// Entries of the table that could not be read; their clusters count as in use.
    pub(super) problems: Vec<Problem>,
}

impl FreeRuns {
    /// Reads the whole table.
    pub(super) fn read(reader: &mut TableReader<'_>, scratch: &mut Scratch) -> Self {
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

    fn push(&mut self, cluster: u32) {
        let next = cluster.saturating_add(1);
        match self.runs.last_mut() {
            Some(last) if last.end == cluster => last.end = next,
            _ => self.runs.push(cluster..next),
        }
    }

    pub(super) fn contains(&self, cluster: u32) -> bool {
        self.from(cluster).next().is_some_and(|run| run.start == cluster)
    }

    /// The runs from `cluster` on; the first is cut so that it begins there at the earliest.
    pub(super) fn from(&self, cluster: u32) -> impl Iterator<Item = Range<u32>> + '_ {
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
        assert!(free.contains(4) && !free.contains(5) && !free.contains(11));
    }
}
