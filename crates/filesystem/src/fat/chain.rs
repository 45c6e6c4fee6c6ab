//! Cluster chains.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use byte_source::{BadReason, Expected, Problem, ProblemKind, Scratch};
use words::term;

use super::{Entry, TableReader};

const STRUCTURE: &str = "cluster chain";

/// Where the clusters lie: cluster 2 begins at `data_at`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heap {
    pub(crate) data_at: u64,
    pub(crate) cluster_bytes: u32,
}

impl Heap {
    /// The bytes of a cluster in the volume.
    pub(crate) fn range(self, cluster: u32) -> Range<u64> {
        let bytes = u64::from(self.cluster_bytes);
        let start =
            self.data_at.saturating_add(u64::from(cluster).saturating_sub(2).saturating_mul(bytes));
        start..start.saturating_add(bytes)
    }

    /// The bytes of consecutive clusters.
    pub(crate) fn extent(self, clusters: &Range<u32>) -> Range<u64> {
        self.range(clusters.start).start..self.range(clusters.end).start
    }

    /// Clusters that so many bytes need.
    pub(crate) fn clusters_for(self, bytes: u64) -> u64 {
        bytes.div_ceil(u64::from(self.cluster_bytes).max(1))
    }
}

/// Clusters that are reached from more than one place, found when the volume was opened.
#[derive(Debug, Default)]
pub(crate) struct Crossings {
    pub(crate) clusters: BTreeSet<u32>,
    /// False when following chains over them would cost too much; chains are then cut there.
    pub(crate) follow: bool,
}

/// Steps that chains may take over shared clusters in one scan: some seconds' worth. Real damage (a
/// few crossed files) stays far below.
const SHARED_STEPS: u64 = 1 << 28;

impl Crossings {
    /// The set, with the number of chains that end in a crossing and the number of clusters of the
    /// volume.
    pub(crate) fn new(clusters: BTreeSet<u32>, chains: u64, limit: u32) -> Self {
        Self { clusters, follow: chains.saturating_mul(u64::from(limit)) <= SHARED_STEPS }
    }
}

/// A chain as far as it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Its bytes in the volume, in order, neighbours merged.
    pub(crate) extents: Vec<Range<u64>>,
    pub(crate) clusters: u64,
    pub(crate) end: ChainEnd,
    /// First cluster that belongs to another chain too.
    pub(crate) shared: Option<u32>,
}

/// Why a chain ends; each names the last cluster that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChainEnd {
    Regular,
    IntoFree(u32),
    IntoBad(u32),
    Invalid(u32, u32),
    Loop(u32),
    /// At a cluster of another chain (see [`Crossings::follow`]).
    Cut(u32),
    Unreadable(u32, BadReason),
}

impl Chain {
    /// Follows the chain from `first`, which the table must hold.
    pub(crate) fn follow(
        first: u32,
        heap: Heap,
        crossings: &Crossings,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Self {
        let mut chain =
            Self { extents: Vec::new(), clusters: 0, end: ChainEnd::Regular, shared: None };
        let mut cluster = first;
        let mut last = first;
        let mut crossed = HashSet::new();
        // Ends: every loop goes through a crossing, and a crossing is passed once.
        chain.end = loop {
            let crossing = crossings.clusters.contains(&cluster);
            if crossing && !crossed.insert(cluster) {
                crossed.remove(&cluster);
                break ChainEnd::Loop(last);
            }
            let is_cut = crossing && !crossings.follow;
            if is_cut && chain.clusters > 0 {
                break ChainEnd::Cut(last);
            }
            chain.push(heap.range(cluster));
            last = cluster;
            if is_cut {
                // Thousands of chains that all begin here.
                break ChainEnd::Cut(last);
            }
            match next_of(cluster, reader, scratch) {
                Ok(next) => cluster = next,
                Err(end) => break end,
            }
        };
        chain.shared = crossed.into_iter().min();
        chain
    }

    fn push(&mut self, range: Range<u64>) {
        self.clusters = self.clusters.saturating_add(1);
        push_extent(&mut self.extents, range);
    }

    /// What is wrong with the chain of something that needs `needed` clusters (`None`: as many as
    /// there are).
    pub(crate) fn problems(&self, needed: Option<u64>, reader: &TableReader<'_>) -> Vec<Problem> {
        let at = |cluster| reader.table().entry_at(cluster);
        let of_end = match self.end.problem() {
            Some((cluster, kind)) => Some(Problem::damage(STRUCTURE, at(cluster), kind)),
            None => self.count_problem(needed),
        };
        let enough = needed.is_some_and(|needed| self.clusters >= needed);
        let of_end = of_end.map(|problem| if enough { problem.as_note() } else { problem });
        let of_crossing = self.shared.map(|cluster| {
            let kind = ProblemKind::Inconsistent(term!("fat.cluster-belongs-another-chain-too"));
            Problem::damage(STRUCTURE, at(cluster), kind)
        });
        of_end.into_iter().chain(of_crossing).collect()
    }

    /// The problem of a chain with more or fewer clusters than are needed.
    fn count_problem(&self, needed: Option<u64>) -> Option<Problem> {
        let expected = Expected::Exactly(needed.filter(|needed| *needed != self.clusters)?);
        let first = self.extents.first().map_or(0, |extent| extent.start);
        let kind =
            ProblemKind::Value { field: "clusters in the chain", expected, found: self.clusters };
        Some(Problem::damage(STRUCTURE, first, kind))
    }
}

/// Adds bytes to extents, to the last one when they follow it.
#[inline]
pub(crate) fn push_extent(extents: &mut Vec<Range<u64>>, range: Range<u64>) {
    match extents.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => extents.push(range),
    }
}

/// The cluster that follows in the table, or why the chain ends.
#[inline]
fn next_of(
    cluster: u32,
    reader: &mut TableReader<'_>,
    scratch: &mut Scratch,
) -> Result<u32, ChainEnd> {
    match reader.entry(cluster, scratch) {
        Ok(Entry::Next(next)) => Ok(next),
        Ok(Entry::End) => Err(ChainEnd::Regular),
        Ok(Entry::Free) => Err(ChainEnd::IntoFree(cluster)),
        Ok(Entry::Bad) => Err(ChainEnd::IntoBad(cluster)),
        Ok(Entry::Invalid(value)) => Err(ChainEnd::Invalid(cluster, value)),
        Err(why) => Err(ChainEnd::Unreadable(cluster, why)),
    }
}

impl ChainEnd {
    /// The cluster that the end is about, and what is wrong there.
    fn problem(self) -> Option<(u32, ProblemKind)> {
        let inconsistent = |cluster, how| Some((cluster, ProblemKind::Inconsistent(how)));
        match self {
            Self::Regular => None,
            Self::IntoFree(cluster) => {
                inconsistent(cluster, term!("fat.chain-leads-into-cluster-marked"))
            }
            Self::IntoBad(cluster) => {
                inconsistent(cluster, term!("fat.chain-leads-into-cluster-marked-bad"))
            }
            Self::Invalid(cluster, value) => {
                let expected = Expected::Rule(term!("fat.cluster-volume-end-mark"));
                let kind =
                    ProblemKind::Value { field: "next cluster", expected, found: value.into() };
                Some((cluster, kind))
            }
            Self::Loop(cluster) => inconsistent(cluster, term!("fat.chain-leads-back-into-itself")),
            Self::Cut(cluster) => {
                let what = term!("fat.steps-over-clusters-several-chains");
                Some((cluster, ProblemKind::LimitReached { what, limit: SHARED_STEPS }))
            }
            Self::Unreadable(cluster, why) => Some((cluster, ProblemKind::Unreadable(why))),
        }
    }
}
