//! Counting what the metadata says is there, apart from the scan.

use std::ops::ControlFlow;

use byte_source::{Expected, Problem, ProblemKind, Scratch};
use words::term;

use crate::{Census, Tally};

use super::reserved_area::{free_clusters_by_fs_info, push_limited};
use super::volume::FatVolume;
use super::{Entry, TableReader, visit_slots};

impl FatVolume {
    /// Directory entries in use, one more for the root; and the clusters in use that nothing leads to.
    pub(super) fn count(&self, scratch: &mut Scratch) -> Census {
        let mut problems = Vec::new();
        let entries = self.tree.directories.live().fold(1_u64, |sum, directory| {
            let mut count = 0_u64;
            let _ = visit_slots(&*self.volume, &directory.extents, scratch, &mut |slot, _| {
                match slot {
                    Ok(slot) if slot.all().first() == Some(&0) => return ControlFlow::Break(()),
                    Ok(slot) if is_counted(slot.all()) => count = count.saturating_add(1),
                    Ok(_) => {}
                    Err(problem) => problems.push(problem),
                }
                ControlFlow::Continue(())
            });
            sum.saturating_add(count)
        });
        self.count_clusters(&mut problems, scratch);
        let what = term!("fat.directory-entries-use-all-directories");
        Census { tallies: vec![Tally { what, expected: entries }], problems, ..Census::default() }
    }

    fn count_clusters(&self, problems: &mut Vec<Problem>, scratch: &mut Scratch) {
        let mut reader = TableReader::new(&self.table);
        let (mut free, mut lost, mut first_lost, mut bad, mut first_bad) = (0_u64, 0_u64, None, 0_u64, None);
        for cluster in 2..self.table.limit {
            match reader.entry(cluster, scratch) {
                Ok(Entry::Free) => free = free.saturating_add(1),
                Ok(Entry::Bad) => {
                    bad = bad.saturating_add(1);
                    first_bad = first_bad.or(Some(cluster));
                }
                Ok(_) if !self.tree.reached.contains(cluster) => {
                    lost = lost.saturating_add(1);
                    first_lost = first_lost.or(Some(cluster));
                }
                Ok(_) => {}
                Err(why) => {
                    let at = self.table.entry_at(cluster);
                    push_limited(problems, "FAT entry", at, ProblemKind::Unreadable(why));
                }
            }
        }
        let none = |field, found| ProblemKind::Value { field, expected: Expected::Exactly(0), found };
        if let Some(cluster) = first_lost {
            let kind = none("clusters in use that belong to no file", lost);
            problems.push(Problem::damage("lost cluster", self.heap.range(cluster).start, kind));
        }
        if let Some(cluster) = first_bad {
            let kind = none("clusters marked as bad", bad);
            problems.push(Problem::note("bad cluster", self.heap.range(cluster).start, kind));
        }
        let by_fs_info = free_clusters_by_fs_info(&*self.volume, &self.boot, scratch);
        if let Some((at, found)) = by_fs_info.filter(|(_, count)| u64::from(*count) != free) {
            let (expected, found) = (Expected::Exactly(free), u64::from(found));
            let kind = ProblemKind::Value { field: "FSI_Free_Count", expected, found };
            problems.push(Problem::note("FSInfo sector", at, kind));
        }
    }
}

/// In use, no part of a long name, and neither "." nor "..".
fn is_counted(slot: &[u8]) -> bool {
    const DELETED: u8 = 0xe5;
    let name = slot.get(..11).unwrap_or_default();
    let attributes = slot.get(11).copied().unwrap_or(0);
    let is_dot = (name == b".          " || name == b"..         ") && attributes & 0x18 == 0x10;
    !name.starts_with(&[DELETED]) && attributes & 0x3f != 0x0f && !is_dot
}
