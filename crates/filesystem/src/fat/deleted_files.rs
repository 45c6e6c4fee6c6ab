//! Where deleted files say that they were: what two of them say of one cluster cannot both be right.

use std::ops::Range;
use words::term;

use byte_source::{Problem, ProblemKind};

/// Clusters from the first of each deleted file on, as many as its size needs.
#[derive(Debug, Default)]
pub(crate) struct DeletedFiles {
    claims: Vec<Range<u32>>,
    /// Greatest end of the claims up to each.
    reach: Vec<u32>,
}

impl DeletedFiles {
    /// Adds a file that began in cluster `first` and needs `clusters`.
    pub(crate) fn push(&mut self, first: u32, clusters: u64) {
        let end = first.saturating_add(u32::try_from(clusters).unwrap_or(u32::MAX));
        if end > first {
            self.claims.push(first..end);
        }
    }

    /// To be called when all are added, before anything is asked.
    pub(crate) fn sort(&mut self) {
        self.claims.sort_unstable_by_key(|claim| (claim.start, claim.end));
        self.reach = self
            .claims
            .iter()
            .scan(0, |greatest, claim| {
                *greatest = claim.end.max(*greatest);
                Some(*greatest)
            })
            .collect();
    }

    /// What speaks against `clusters` as those of the deleted file at byte `at`, which began in cluster `first` and needs `needed`.
    pub(crate) fn doubts(
        &self,
        at: u64,
        first: u32,
        needed: u64,
        clusters: &[Range<u32>],
    ) -> Vec<Problem> {
        let found: u64 =
            clusters.iter().map(|run| u64::from(run.end.saturating_sub(run.start))).sum();
        let doubts = [
            (found < needed, term!("fat.fewer-clusters-can-own-size")),
            (
                clusters.iter().any(|run| self.any_begins_in(run, first)),
                term!("fat.another-deleted-file-begins-clusters"),
            ),
            (self.any_reaches(first), term!("fat.begins-clusters-another-deleted-file")),
        ];
        let doubts = doubts.into_iter().filter(|(holds, _)| *holds);
        doubts
            .map(|(_, how)| Problem::note("deleted file", at, ProblemKind::Inconsistent(how)))
            .collect()
    }

    /// Does one begin in `clusters`, apart from those that begin in `first`?
    fn any_begins_in(&self, clusters: &Range<u32>, first: u32) -> bool {
        let from = if clusters.contains(&first) { first.saturating_add(1) } else { clusters.start };
        let from = self.claims.partition_point(|claim| claim.start < from);
        self.claims.get(from).is_some_and(|claim| clusters.contains(&claim.start))
    }

    /// Does one that begins before `cluster` reach into it?
    fn any_reaches(&self, cluster: u32) -> bool {
        let before = self.claims.partition_point(|claim| claim.start < cluster);
        before
            .checked_sub(1)
            .and_then(|last| self.reach.get(last))
            .is_some_and(|reach| *reach > cluster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_that_overlap_are_told() {
        let mut files = DeletedFiles::default();
        [(10, 2), (11, 1), (20, 1), (20, 2), (30, 0)]
            .into_iter()
            .for_each(|(first, count)| files.push(first, count));
        files.sort();
        assert!(files.any_begins_in(&(10..12), 10) && !files.any_begins_in(&(11..12), 11));
        assert!(
            !files.any_begins_in(&(20..40), 20),
            "the same start is the same file under two names"
        );
        assert!(files.any_reaches(11) && !files.any_reaches(12) && !files.any_reaches(10));
    }
}
