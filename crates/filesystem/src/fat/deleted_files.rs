//! Where deleted files say that they were: what two of them say of one cluster cannot both be right.

use std::ops::Range;

/// Clusters from the first of each deleted file on, as many as its size needs.
#[derive(Debug, Default)]
pub(super) struct DeletedFiles {
    claims: Vec<Range<u32>>,
    /// Greatest end of the claims up to each.
    reach: Vec<u32>,
}

impl DeletedFiles {
    /// Adds a file of `size` bytes that began in cluster `first`.
    pub(super) fn push(&mut self, first: u32, size: u32, cluster_bytes: u32) {
        let end = first.saturating_add(size.div_ceil(cluster_bytes.max(1)));
        if end > first {
            self.claims.push(first..end);
        }
    }

    /// To be called when all are added, before anything is asked.
    pub(super) fn sort(&mut self) {
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

    /// Does one begin in `clusters`, apart from those that begin in `first`?
    pub(super) fn any_begins_in(&self, clusters: &Range<u32>, first: u32) -> bool {
        let from = if clusters.contains(&first) { first.saturating_add(1) } else { clusters.start };
        let from = self.claims.partition_point(|claim| claim.start < from);
        self.claims.get(from).is_some_and(|claim| clusters.contains(&claim.start))
    }

    /// Does one that begins before `cluster` reach into it?
    pub(super) fn any_reaches(&self, cluster: u32) -> bool {
        let before = self.claims.partition_point(|claim| claim.start < cluster);
        before.checked_sub(1).and_then(|last| self.reach.get(last)).is_some_and(|reach| *reach > cluster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_that_overlap_are_told() {
        let mut files = DeletedFiles::default();
        files.push(10, 1024, 512);
        files.push(11, 512, 512);
        files.push(20, 512, 512);
        files.push(20, 100, 512);
        files.push(30, 0, 512);
        files.sort();
        assert!(files.any_begins_in(&(10..12), 10) && !files.any_begins_in(&(11..12), 11));
        assert!(!files.any_begins_in(&(20..40), 20), "the same start is the same file under two names");
        assert!(files.any_reaches(11) && !files.any_reaches(12) && !files.any_reaches(10));
    }
}
