//! Clusters that should not be there, counted.

use byte_source::{Expected, Problem, ProblemKind};

use super::Heap;

/// How many clusters there are of one kind, and the first of them.
#[derive(Debug, Default)]
pub(crate) struct ClusterCount {
    found: u64,
    first: Option<u32>,
}

impl ClusterCount {
    /// Counts one more.
    #[inline]
    pub(crate) fn add(&mut self, cluster: u32) {
        self.found = self.found.saturating_add(1);
        self.first = self.first.or(Some(cluster));
    }

    /// The damage of there being any, at the place of the first.
    pub(crate) fn problem(
        &self,
        structure: &'static str,
        field: &'static str,
        heap: Heap,
    ) -> Option<Problem> {
        let at = heap.range(self.first?).start;
        let kind = ProblemKind::Value { field, expected: Expected::Exactly(0), found: self.found };
        Some(Problem::damage(structure, at, kind))
    }
}
