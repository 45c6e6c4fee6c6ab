//! Lost chains: clusters that the table says are in use, and that no entry in use leads to. A file
//! whose entry was destroyed, or was deleted while the table was not updated, survives there.

use std::ops::Range;

use byte_source::{BadReason, Problem, ProblemKind, Scratch};
use words::{Term, term};

use super::{ClusterSet, Entry, FreeRuns, Heap, TableReader, push_cluster, push_extent};

/// Lost chains of one volume that are handed over as streams; 12 bytes of memory each. A volume
/// whose root directory was wiped has as many as it had files.
const MOST_CHAINS: usize = 1 << 22;

/// A lost chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LostChain {
    pub(super) first: u32,
    /// Clusters that are its own.
    pub(super) clusters: u32,
    /// How it ends, when not by the mark for it.
    pub(super) end: Option<Term>,
    /// False for neighbouring clusters of exFAT that the table has no chain for.
    pub(super) is_linked: bool,
}

/// All of a volume, ascending by first cluster.
#[derive(Debug, Default)]
pub(crate) struct LostChains {
    pub(super) chains: Vec<LostChain>,
    pub(super) problems: Vec<Problem>,
    /// All clusters that are marked as in use, and that no entry in use leads to.
    pub(crate) unowned: FreeRuns,
}

impl LostChains {
    /// Finds them. Costs a look at each cluster that is in use and not `reached`, three times, and
    /// three bits of memory a cluster.
    pub(crate) fn find(
        reached: &ClusterSet,
        free: &FreeRuns,
        heap: Heap,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Self {
        let mut found = Self::default();
        let mut clusters = LostClusters::new(reader.table().limit);
        for cluster in
            in_use(free, reader.table().limit).filter(|cluster| !reached.contains(*cluster))
        {
            let entry = reader.entry(cluster, scratch);
            if clusters.take(cluster, entry) {
                found.unowned.push(cluster);
            }
        }
        let LostClusters { linked, unlinked, lost, led_to } = clusters;
        let taken = ClusterSet::new(reader.table().limit);
        found.add_linked(&linked, &led_to, heap, &mut Search { lost, taken, reader }, scratch);
        for run in unlinked {
            if !found.has_room(run.start, heap) {
                break;
            }
            let clusters = run.end.saturating_sub(run.start);
            found.chains.push(LostChain {
                first: run.start,
                clusters,
                end: None,
                is_linked: false,
            });
        }
        found.chains.sort_unstable_by_key(|chain| chain.first);
        found
    }

    /// Adds the chains that the table has, of these clusters.
    fn add_linked(
        &mut self,
        linked: &[Range<u32>],
        led_to: &ClusterSet,
        heap: Heap,
        search: &mut Search<'_, '_>,
        scratch: &mut Scratch,
    ) {
        let each = || linked.iter().cloned().flatten();
        // Chains with a beginning first; what is left then goes round in circles.
        for first in each().filter(|cluster| !led_to.contains(*cluster)).chain(each()) {
            if search.taken.contains(first) {
                continue;
            }
            if !self.has_room(first, heap) {
                break;
            }
            self.chains.push(search.chain(first, scratch));
        }
    }

    /// Is there room for another one? A limit that is reached is kept as a problem, once.
    fn has_room(&mut self, first: u32, heap: Heap) -> bool {
        let has_room = self.chains.len() < MOST_CHAINS;
        if !has_room && self.problems.is_empty() {
            let what = term!("fat.lost-chains");
            let kind = ProblemKind::LimitReached { what, limit: byte_source::length(MOST_CHAINS) };
            self.problems.push(Problem::damage("lost chain", heap.range(first).start, kind));
        }
        has_room
    }

    /// The one that begins in that cluster.
    pub(super) fn beginning_in(&self, cluster: u32) -> Option<&LostChain> {
        let at = self.chains.binary_search_by_key(&cluster, |chain| chain.first).ok()?;
        self.chains.get(at)
    }
}

impl LostChain {
    /// Its bytes in the volume, in order, neighbours merged.
    pub(super) fn extents(
        &self,
        heap: Heap,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Vec<Range<u64>> {
        if !self.is_linked {
            return vec![heap.extent(&(self.first..self.first.saturating_add(self.clusters)))];
        }
        let mut extents: Vec<Range<u64>> = Vec::new();
        let mut cluster = self.first;
        for _ in 0..self.clusters {
            push_extent(&mut extents, heap.range(cluster));
            match reader.entry(cluster, scratch) {
                Ok(Entry::Next(next)) => cluster = next,
                _ => break,
            }
        }
        extents
    }
}

/// Clusters in use that no entry in use leads to.
struct LostClusters {
    /// Runs of those that the table has chains for.
    linked: Vec<Range<u32>>,
    /// Runs of those that it has none for: exFAT marks clusters in a bitmap, and has no chain for a
    /// contiguous file.
    unlinked: Vec<Range<u32>>,
    /// The clusters of `linked`.
    lost: ClusterSet,
    /// Clusters that follow another one.
    led_to: ClusterSet,
}

impl LostClusters {
    fn new(limit: u32) -> Self {
        let lost = ClusterSet::new(limit);
        Self { linked: Vec::new(), unlinked: Vec::new(), lost, led_to: ClusterSet::new(limit) }
    }

    /// Takes a cluster with what the table says of it; false for one that cannot hold content. They
    /// come ascending.
    #[inline]
    fn take(&mut self, cluster: u32, entry: Result<Entry, BadReason>) -> bool {
        match entry {
            // An entry that cannot be read may be anything; the census tells it.
            Ok(Entry::Bad) | Err(_) => return false,
            Ok(Entry::Free) => {
                push_cluster(&mut self.unlinked, cluster);
                return true;
            }
            // A cluster that follows itself is no follower of another.
            Ok(Entry::Next(next)) if next != cluster => {
                self.led_to.insert(next);
            }
            Ok(_) => {}
        }
        self.lost.insert(cluster);
        push_cluster(&mut self.linked, cluster);
        true
    }
}

struct Search<'s, 't> {
    lost: ClusterSet,
    /// Clusters of chains that were found: each belongs to one.
    taken: ClusterSet,
    reader: &'s mut TableReader<'t>,
}

impl Search<'_, '_> {
    fn chain(&mut self, first: u32, scratch: &mut Scratch) -> LostChain {
        let mut chain = LostChain { first, clusters: 0, end: None, is_linked: true };
        let mut cluster = first;
        // Ends: every cluster is taken once.
        while self.taken.insert(cluster) {
            chain.clusters = chain.clusters.saturating_add(1);
            match self.reader.entry(cluster, scratch) {
                Ok(Entry::Next(next)) if self.lost.contains(next) => cluster = next,
                Ok(Entry::End) => return chain,
                Ok(Entry::Next(_)) => {
                    chain.end = Some(term!("fat.leads-into-cluster-free-bad"));
                    return chain;
                }
                _ => {
                    chain.end = Some(term!("fat.does-not-end-mark"));
                    return chain;
                }
            }
        }
        chain.end = Some(term!("fat.leads-into-another-lost-chain"));
        chain
    }
}

/// The clusters between the free ones.
fn in_use(free: &FreeRuns, limit: u32) -> impl Iterator<Item = u32> + '_ {
    let starts = std::iter::once(2).chain(free.runs.iter().map(|run| run.end));
    let ends = free.runs.iter().map(|run| run.start).chain(std::iter::once(limit));
    starts.zip(ends).flat_map(|(start, end)| start..end)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use byte_source::MemorySource;

    use super::super::{Format, Table};
    use super::*;

    /// Lost chains of a FAT16 table whose entries from 2 on are these, all of them unreached but
    /// `reached`.
    fn found(entries: &[u16], reached: &[u32]) -> Vec<(u32, u32, bool)> {
        let bytes: Vec<u8> =
            [0xfff8, 0xffff].iter().chain(entries).flat_map(|entry| entry.to_le_bytes()).collect();
        let clusters = entries.len() as u64;
        let table =
            Table::new(Arc::new(MemorySource::new(bytes)), vec![0], Format::Fat16, 512, clusters);
        let mut scratch = Scratch::new();
        let mut set = ClusterSet::new(table.limit);
        reached.iter().for_each(|cluster| assert!(set.insert(*cluster)));
        let mut reader = TableReader::new(&table);
        let free = FreeRuns::read(&mut reader, &mut scratch);
        let heap = Heap { data_at: 0, cluster_bytes: 512 };
        let lost = LostChains::find(&set, &free, heap, &mut reader, &mut scratch);
        for chain in &lost.chains {
            let bytes: u64 = chain
                .extents(heap, &mut reader, &mut scratch)
                .iter()
                .map(|run| run.end - run.start)
                .sum();
            assert_eq!(bytes, u64::from(chain.clusters) * 512);
        }
        lost.chains.iter().map(|chain| (chain.first, chain.clusters, chain.end.is_some())).collect()
    }

    #[test]
    fn every_lost_cluster_belongs_to_one_chain() {
        const END: u16 = 0xffff;
        const BAD: u16 = 0xfff7;
        // 2→4→END is lost, 3 is a file's, 5 is free, 6 is bad.
        assert_eq!(found(&[4, END, END, 0, BAD], &[3]), [(2, 2, false)]);
        // 5 leads into the file's 3; 2 and 4 both lead to 6.
        assert_eq!(found(&[6, END, 6, 3, END], &[3]), [(2, 2, false), (4, 1, true), (5, 1, true)]);
        // A circle 2→3→4→2 and a cluster that follows itself.
        assert_eq!(found(&[3, 4, 2, 5], &[]), [(2, 3, true), (5, 1, true)]);
        // A value that no cluster has, and a chain that leads into a free cluster.
        assert_eq!(found(&[1, 4, 0], &[]), [(2, 1, true), (3, 1, true)]);
        assert_eq!(found(&[0, 0], &[]), []);
    }
}
