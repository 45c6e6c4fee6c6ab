//! Counting what the metadata says is there, apart from the scan.

use std::ops::ControlFlow;

use byte_source::{Problem, Scratch};
use words::term;

use crate::fat::{ClusterCount, Directory, Entry, Heap, TableReader, visit_slots};
use crate::{Census, Tally};

use super::volume::ExFatVolume;

impl ExFatVolume {
    /// Primary entries in use, one more for the root; and clusters whose bit in the bitmap does not
    /// fit what leads to them.
    pub(super) fn count(&self, scratch: &mut Scratch) -> Census {
        let mut problems = Vec::new();
        let entries = self.tree.directories.live().fold(1_u64, |sum, directory| {
            sum.saturating_add(self.count_entries(directory, &mut problems, scratch))
        });
        self.count_clusters(&mut problems, scratch);
        let what = term!("exfat.primary-directory-entries-use-all");
        Census { tallies: vec![Tally { what, expected: entries }], problems, ..Census::default() }
    }

    /// Counts the primary entries in use of a directory.
    fn count_entries(
        &self,
        directory: &Directory,
        problems: &mut Vec<Problem>,
        scratch: &mut Scratch,
    ) -> u64 {
        const IN_USE_AND_SECONDARY: u8 = 0xc0;
        const IN_USE: u8 = 0x80;
        let mut count = 0_u64;
        let _ = visit_slots(&*self.volume, &directory.extents, scratch, &mut |slot, _| {
            match slot.map(|slot| slot.all().first().copied().unwrap_or(0)) {
                Ok(0) => return ControlFlow::Break(()),
                Ok(kind) if kind & IN_USE_AND_SECONDARY == IN_USE => {
                    count = count.saturating_add(1)
                }
                Ok(_) => {}
                Err(problem) => problems.push(problem),
            }
            ControlFlow::Continue(())
        });
        count
    }

    fn count_clusters(&self, problems: &mut Vec<Problem>, scratch: &mut Scratch) {
        let mut reader = TableReader::new(&self.table);
        let reached = &self.tree.reached;
        let Misfits { mut lost, mut bad, mut unmarked } = Misfits::default();
        let mut next = 2;
        let end = std::iter::once(self.table.limit..self.table.limit);
        for run in self.free.runs.iter().cloned().chain(end) {
            for cluster in (next..run.start).filter(|cluster| !reached.contains(*cluster)) {
                match reader.entry(cluster, scratch) {
                    Ok(Entry::Bad) => bad.add(cluster),
                    _ => lost.add(cluster),
                }
            }
            next = run.end;
            run.filter(|cluster| reached.contains(*cluster))
                .for_each(|cluster| unmarked.add(cluster));
        }
        problems.extend(Misfits { lost, bad, unmarked }.problems(self.heap));
    }
}

/// Clusters whose bit in the bitmap does not fit what leads to them.
#[derive(Default)]
struct Misfits {
    /// In use, of no file.
    lost: ClusterCount,
    /// In use, and marked as bad in the table.
    bad: ClusterCount,
    /// Of files, and marked as free.
    unmarked: ClusterCount,
}

impl Misfits {
    fn problems(&self, heap: Heap) -> Vec<Problem> {
        const STRUCTURE: &str = "allocation bitmap";
        let of_lost = self.lost.problem(STRUCTURE, "clusters in use that belong to no file", heap);
        let of_bad = self.bad.problem(STRUCTURE, "clusters marked as bad", heap);
        let field = "clusters of files that are marked free";
        let of_unmarked = self.unmarked.problem(STRUCTURE, field, heap);
        let notes = of_bad.into_iter().chain(of_unmarked).map(Problem::as_note);
        of_lost.into_iter().chain(notes).collect()
    }
}
