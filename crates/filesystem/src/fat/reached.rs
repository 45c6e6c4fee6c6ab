//! Which clusters the entries in use lead to.

use std::collections::BTreeSet;

use byte_source::Scratch;

use super::{ClusterSet, Crossings, Entry, TableReader};

/// Marks the clusters of files and directories, each once: the cost is that of the table, whatever chains say.
pub(crate) struct Reached {
    clusters: ClusterSet,
    crossed: BTreeSet<u32>,
    crossing_chains: u64,
    limit: u32,
}

impl Reached {
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            clusters: ClusterSet::new(limit),
            crossed: BTreeSet::new(),
            crossing_chains: 0,
            limit,
        }
    }

    /// Marks the chain from `first` on, up to a cluster that was reached before: a crossing, or the chain's own loop.
    pub(crate) fn mark_chain(
        &mut self,
        first: u32,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) {
        let mut cluster = first;
        while reader.table().holds(cluster) && self.mark(cluster) {
            match reader.entry(cluster, scratch) {
                Ok(Entry::Next(next)) => cluster = next,
                _ => return,
            }
        }
    }

    /// Marks `count` clusters from `first` on, up to one that was reached before.
    pub(crate) fn mark_run(&mut self, first: u32, count: u64) {
        let end = u64::from(first).saturating_add(count).min(u64::from(self.limit));
        let end = u32::try_from(end).unwrap_or(self.limit);
        let _ = (first..end).all(|cluster| self.mark(cluster));
    }

    fn mark(&mut self, cluster: u32) -> bool {
        let fresh = self.clusters.insert(cluster);
        if !fresh {
            self.crossed.insert(cluster);
            self.crossing_chains = self.crossing_chains.saturating_add(1);
        }
        fresh
    }

    pub(crate) fn contains(&self, cluster: u32) -> bool {
        self.clusters.contains(cluster)
    }

    /// What was reached, and where chains cross.
    pub(crate) fn finish(self) -> (ClusterSet, Crossings) {
        (self.clusters, Crossings::new(self.crossed, self.crossing_chains, self.limit))
    }
}
