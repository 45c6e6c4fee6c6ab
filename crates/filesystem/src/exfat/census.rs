//! Counting what the metadata says is there, apart from the scan.

use std::ops::ControlFlow;

use byte_source::{Expected, Problem, ProblemKind, Scratch};
use words::term;

use crate::fat::{Entry, TableReader, visit_slots};
use crate::{Census, Tally};

use super::volume::ExFatVolume;

impl ExFatVolume {
    /// Primary entries in use, one more for the root; and clusters whose bit in the bitmap does not fit what leads to them.
    pub(super) fn count(&self, scratch: &mut Scratch) -> Census {
        const IN_USE_AND_SECONDARY: u8 = 0xc0;
        const IN_USE: u8 = 0x80;
        let mut problems = Vec::new();
        let entries = self.tree.directories.live().fold(1_u64, |sum, directory| {
            let mut count = 0_u64;
            let _ = visit_slots(&*self.volume, &directory.extents, scratch, &mut |slot, _| {
                match slot.map(|slot| slot.all().first().copied().unwrap_or(0)) {
                    Ok(0) => return ControlFlow::Break(()),
                    Ok(kind) if kind & IN_USE_AND_SECONDARY == IN_USE => count = count.saturating_add(1),
                    Ok(_) => {}
                    Err(problem) => problems.push(problem),
                }
                ControlFlow::Continue(())
            });
            sum.saturating_add(count)
        });
        self.count_clusters(&mut problems, scratch);
        let what = term!("exfat.primary-directory-entries-use-all");
        Census { tallies: vec![Tally { what, expected: entries }], problems, ..Census::default() }
    }

    fn count_clusters(&self, problems: &mut Vec<Problem>, scratch: &mut Scratch) {
        let mut reader = TableReader::new(&self.table);
        let (mut lost, mut bad, mut unmarked) = (Count::default(), Count::default(), Count::default());
        let mut next = 2;
        let end = std::iter::once(self.table.limit..self.table.limit);
        for run in self.free.runs.iter().cloned().chain(end) {
            for cluster in (next..run.start).filter(|cluster| !self.tree.reached.contains(*cluster)) {
                match reader.entry(cluster, scratch) {
                    Ok(Entry::Bad) => bad.add(cluster),
                    _ => lost.add(cluster),
                }
            }
            run.clone()
                .filter(|cluster| self.tree.reached.contains(*cluster))
                .for_each(|cluster| unmarked.add(cluster));
            next = run.end;
        }
        let mut report = |count: &Count, field, damage| {
            let Some(first) = count.first else { return };
            let kind = ProblemKind::Value { field, expected: Expected::Exactly(0), found: count.found };
            let problem = Problem::damage("allocation bitmap", self.heap.range(first).start, kind);
            problems.push(if damage { problem } else { problem.as_note() });
        };
        report(&lost, "clusters in use that belong to no file", true);
        report(&bad, "clusters marked as bad", false);
        report(&unmarked, "clusters of files that are marked free", false);
    }
}

#[derive(Default)]
struct Count {
    found: u64,
    first: Option<u32>,
}

impl Count {
    fn add(&mut self, cluster: u32) {
        self.found = self.found.saturating_add(1);
        self.first = self.first.or(Some(cluster));
    }
}
