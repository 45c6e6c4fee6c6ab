//! Counting what the metadata says is there, apart from the scan.

use std::ops::ControlFlow;

use byte_source::{Expected, Problem, ProblemKind, Scratch};
use words::term;

use crate::{Census, Tally};

use super::limited_problems::push_limited;
use super::reserved_area::free_clusters_by_fs_info;
use super::volume::FatVolume;
use super::{ClusterCount, Directory, Entry, TableReader, visit_slots};

impl FatVolume {
    /// Directory entries in use, one more for the root; and the clusters in use that nothing leads to.
    pub(super) fn count(&self, scratch: &mut Scratch) -> Census {
        let mut problems = Vec::new();
        let entries = self.tree.directories.live().fold(1_u64, |sum, directory| {
            sum.saturating_add(self.count_entries(directory, &mut problems, scratch))
        });
        self.count_clusters(&mut problems, scratch);
        let what = term!("fat.directory-entries-use-all-directories");
        Census { tallies: vec![Tally { what, expected: entries }], problems, ..Census::default() }
    }

    fn count_entries(
        &self,
        directory: &Directory,
        problems: &mut Vec<Problem>,
        scratch: &mut Scratch,
    ) -> u64 {
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
        count
    }

    fn count_clusters(&self, problems: &mut Vec<Problem>, scratch: &mut Scratch) {
        let mut reader = TableReader::new(&self.table);
        let mut free = 0_u64;
        let mut lost = ClusterCount::default();
        let mut bad = ClusterCount::default();
        for cluster in 2..self.table.limit {
            match reader.entry(cluster, scratch) {
                Ok(Entry::Free) => free = free.saturating_add(1),
                Ok(Entry::Bad) => bad.add(cluster),
                Ok(_) if !self.tree.reached.contains(cluster) => lost.add(cluster),
                Ok(_) => {}
                Err(why) => {
                    let at = self.table.entry_at(cluster);
                    push_limited(problems, "FAT entry", at, ProblemKind::Unreadable(why));
                }
            }
        }
        problems.extend(lost.problem(
            "lost cluster",
            "clusters in use that belong to no file",
            self.heap,
        ));
        let of_bad = bad.problem("bad cluster", "clusters marked as bad", self.heap);
        problems.extend(of_bad.map(Problem::as_note));
        problems.extend(self.fs_info_problem(free, scratch));
    }

    /// The note of an FSInfo sector that counts other than `free` free clusters.
    fn fs_info_problem(&self, free: u64, scratch: &mut Scratch) -> Option<Problem> {
        let (at, count) = free_clusters_by_fs_info(&*self.volume, &self.boot, scratch)?;
        let found = u64::from(count);
        let kind = ProblemKind::Value {
            field: "FSI_Free_Count",
            expected: Expected::Exactly(free),
            found,
        };
        (found != free).then(|| Problem::note("FSInfo sector", at, kind))
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
