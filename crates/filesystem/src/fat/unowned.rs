//! Clusters that are marked as in use, and that no entry in use leads to. A deleted entry's content
//! may still be there: whoever deleted the entry did not free the clusters, or was interrupted.

use std::ops::Range;

use byte_source::{Problem, ProblemKind, Scratch};
use words::{Term, term};

use super::{Entry, TableReader, push_cluster};

/// Clusters that following the chains of all deleted entries may take together: some seconds'
/// worth. With more, none is followed.
pub(crate) const MOST_UNOWNED_STEPS: u64 = 1 << 26;

/// How the layout is known when the table still has the chain.
pub(crate) const UNOWNED_CHAIN: Term = term!("fat.chain-table-no-entry-use");
/// How the layout is known when neighbouring clusters are taken.
pub(crate) const UNOWNED_RUN: Term = term!("fat.contiguity-over-clusters-marked-use");

/// Follows the table from cluster `first` through clusters that `is_unowned` accepts, up to
/// `needed` of them. Returns fewer when the chain ends earlier, `None` when it leads back into
/// itself.
pub(crate) fn unowned_chain(
    first: u32,
    needed: u64,
    is_unowned: &dyn Fn(u32) -> bool,
    reader: &mut TableReader<'_>,
    scratch: &mut Scratch,
) -> Option<Vec<Range<u32>>> {
    let mut chain: Vec<Range<u32>> = Vec::new();
    let mut cluster = first;
    // A loop is found when it comes back to a cluster that is remembered at every power of two of
    // steps (Brent).
    let mut remembered = None;
    let mut remember_at = 1_u64;
    let mut steps = 0_u64;
    while steps < needed && is_unowned(cluster) {
        if remembered == Some(cluster) {
            return None;
        }
        if steps == remember_at {
            remembered = Some(cluster);
            remember_at = remember_at.saturating_mul(2);
        }
        push_cluster(&mut chain, cluster);
        steps = steps.saturating_add(1);
        match reader.entry(cluster, scratch) {
            Ok(Entry::Next(next)) => cluster = next,
            _ => break,
        }
    }
    Some(chain)
}

/// Returns the problem of a volume whose deleted entries claim more clusters than are followed.
pub(crate) fn limit_problem(steps: u64, table_at: u64) -> Option<Problem> {
    let what = term!("fat.clusters-deleted-files-chains-still");
    let kind = ProblemKind::LimitReached { what, limit: MOST_UNOWNED_STEPS };
    (steps > MOST_UNOWNED_STEPS).then(|| Problem::note("file allocation table", table_at, kind))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use byte_source::MemorySource;

    use super::super::{Format, Table};
    use super::*;

    /// Follows a chain of a FAT16 table whose entries from 2 on are these; cluster 9 belongs to a
    /// file in use.
    fn followed(entries: &[u16], first: u32, needed: u64) -> Option<Vec<u32>> {
        let bytes: Vec<u8> =
            [0xfff8, 0xffff].iter().chain(entries).flat_map(|entry| entry.to_le_bytes()).collect();
        let clusters = entries.len() as u64;
        let length = bytes.len() as u64;
        let source = Arc::new(MemorySource::new(bytes));
        let table = Table::new(source, vec![0], Format::Fat16, length, clusters);
        let mut reader = TableReader::new(&table);
        let chain =
            unowned_chain(first, needed, &|cluster| cluster != 9, &mut reader, &mut Scratch::new());
        chain.map(|runs| runs.into_iter().flatten().collect())
    }

    #[test]
    fn a_chain_is_followed_to_its_end_its_size_or_another_files_cluster_and_never_round() {
        const END: u16 = 0xffff;
        let table = [3, 5, END, 4, 9, 8, 7, END];
        assert_eq!(followed(&table, 2, 10), Some(vec![2, 3, 5, 4]));
        assert_eq!(followed(&table, 2, 2), Some(vec![2, 3]));
        assert_eq!(followed(&table, 6, 10), Some(vec![6]), "9 is another file's");
        assert_eq!(followed(&table, 7, 1000), None, "7 and 8 lead to each other");
        assert_eq!(followed(&[2], 2, 1000), None, "a cluster that follows itself");
    }
}
