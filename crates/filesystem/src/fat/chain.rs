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
        let start = self.data_at.saturating_add(u64::from(cluster).saturating_sub(2).saturating_mul(bytes));
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

/// Steps that chains may take over shared clusters in one scan: some seconds' worth. Real damage (a few crossed files) stays far below.
const SHARED_STEPS: u64 = 1 << 28;

impl Crossings {
    /// The set, with the number of chains that end in a crossing and the number of clusters of the volume.
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
        let mut chain = Self { extents: Vec::new(), clusters: 0, end: ChainEnd::Regular, shared: None };
        let (mut cluster, mut last) = (first, first);
        let mut crossed = HashSet::new();
        // Ends: every loop goes through a crossing, and a crossing is passed once.
        chain.end = loop {
            let crossing = crossings.clusters.contains(&cluster);
            if crossing {
                if !crossed.insert(cluster) {
                    break ChainEnd::Loop(last);
                }
                if !crossings.follow && chain.clusters > 0 {
                    break ChainEnd::Cut(last);
                }
            }
            chain.push(heap.range(cluster));
            last = cluster;
            if crossing && !crossings.follow {
                // Thousands of chains that all begin here.
                break ChainEnd::Cut(last);
            }
            match reader.entry(cluster, scratch) {
                Ok(Entry::Next(next)) => cluster = next,
                Ok(Entry::End) => break ChainEnd::Regular,
                Ok(Entry::Free) => break ChainEnd::IntoFree(cluster),
                Ok(Entry::Bad) => break ChainEnd::IntoBad(cluster),
                Ok(Entry::Invalid(value)) => break ChainEnd::Invalid(cluster, value),
                Err(why) => break ChainEnd::Unreadable(cluster, why),
            }
        };
        if matches!(chain.end, ChainEnd::Loop(_)) {
            crossed.remove(&cluster);
        }
        chain.shared = crossed.into_iter().min();
        chain
    }

    fn push(&mut self, range: Range<u64>) {
        self.clusters = self.clusters.saturating_add(1);
        match self.extents.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.extents.push(range),
        }
    }

    /// What is wrong with the chain of something that needs `needed` clusters (`None`: as many as there are).
    pub(crate) fn problems(&self, needed: Option<u64>, reader: &TableReader<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let enough = needed.is_some_and(|needed| self.clusters >= needed);
        let at = |cluster| reader.table().entry_at(cluster);
        if let Some((cluster, kind)) = self.end.problem() {
            let problem = Problem::damage(STRUCTURE, at(cluster), kind);
            problems.push(if enough { problem.as_note() } else { problem });
        } else if let Some(needed) = needed.filter(|needed| *needed != self.clusters) {
            let kind = ProblemKind::Value {
                field: "clusters in the chain",
                expected: Expected::Exactly(needed),
                found: self.clusters,
            };
            let first = self.extents.first().map_or(0, |extent| extent.start);
            let problem = Problem::damage(STRUCTURE, first, kind);
            problems.push(if enough { problem.as_note() } else { problem });
        }
        if let Some(cluster) = self.shared {
            let kind = ProblemKind::Inconsistent(term!("fat.cluster-belongs-another-chain-too"));
            problems.push(Problem::damage(STRUCTURE, at(cluster), kind));
        }
        problems
    }
}

impl ChainEnd {
    fn problem(self) -> Option<(u32, ProblemKind)> {
        let rule = Expected::Rule(term!("fat.cluster-volume-end-mark"));
        Some(match self {
            Self::Regular => return None,
            Self::IntoFree(cluster) => {
                (cluster, ProblemKind::Inconsistent(term!("fat.chain-leads-into-cluster-marked")))
            }
            Self::IntoBad(cluster) => {
                (cluster, ProblemKind::Inconsistent(term!("fat.chain-leads-into-cluster-marked-bad")))
            }
            Self::Invalid(cluster, value) => (
                cluster,
                ProblemKind::Value { field: "next cluster", expected: rule, found: u64::from(value) },
            ),
            Self::Loop(cluster) => {
                (cluster, ProblemKind::Inconsistent(term!("fat.chain-leads-back-into-itself")))
            }
            Self::Cut(cluster) => (
                cluster,
                ProblemKind::LimitReached {
                    what: term!("fat.steps-over-clusters-several-chains"),
                    limit: SHARED_STEPS,
                },
            ),
            Self::Unreadable(cluster, why) => (cluster, ProblemKind::Unreadable(why)),
        })
    }
}
