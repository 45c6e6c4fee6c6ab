//! The file system as a whole.

use std::ops::Range;
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source, index, length};
use words::term;

use crate::fat::{Directory, FreeRuns, Heap, LostChains, Table, TableReader, lost_chain_record};
use crate::{
    AllocationUnits, Census, FileSystem, Found, Record, RecordId, RecordRef, RecordSpace, Summary,
};

use super::boot_sector::BootSector;
use super::tree::Tree;
use super::up_case_table::UpCaseTable;
use super::visit::{Seen, visit_directory};

/// Directories that one part of a scan holds.
const PART_DIRECTORIES: u64 = 32;
/// Bytes of the longest entry set: a primary entry and 255 secondary ones, and one more to see that it ends.
const MOST_SET_BYTES: u64 = 257 * 32;

/// An exFAT file system.
pub(super) struct ExFatVolume {
    pub(super) volume: Arc<dyn Source>,
    pub(super) boot: BootSector,
    pub(super) table: Table,
    pub(super) heap: Heap,
    pub(super) up_case: UpCaseTable,
    pub(super) free: FreeRuns,
    pub(super) tree: Tree,
    pub(super) lost: LostChains,
    pub(super) summary: Summary,
}

impl FileSystem for ExFatVolume {
    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn volume(&self) -> &Arc<dyn Source> {
        &self.volume
    }

    fn root(&self) -> RecordRef {
        RecordRef { number: 0, generation: None }
    }

    fn allocation_units(&self) -> AllocationUnits {
        AllocationUnits {
            first_at: self.heap.data_at,
            bytes: self.heap.cluster_bytes,
            shared: false,
        }
    }

    fn record_space(&self) -> RecordSpace {
        RecordSpace { slots: length(self.tree.directories.len()), part: PART_DIRECTORIES }
    }

    fn scan(&self, part: Range<u64>, scratch: &mut Scratch, each: &mut dyn FnMut(Found)) {
        let mut reader = TableReader::new(&self.table);
        let end = part.end.min(length(self.tree.directories.len()));
        for number in part.start..end {
            self.scan_directory(index(number), &mut reader, scratch, each);
        }
    }

    fn record(&self, id: RecordId, scratch: &mut Scratch) -> Result<Record, Problem> {
        let mut reader = TableReader::new(&self.table);
        if id.number == 0 {
            return Ok(self.root_record(&mut reader, scratch));
        }
        if let Some(record) =
            lost_chain_record(id.number, &self.lost, &self.table, self.heap, scratch)
        {
            return Ok(record);
        }
        let at = id.number.saturating_mul(32);
        self.record_at(at, &mut reader, scratch).ok_or_else(|| {
            let kind = ProblemKind::Inconsistent(term!("fs.no-directory-entry-place"));
            Problem::damage("exFAT directory entry", at, kind)
        })
    }

    fn census(&self, scratch: &mut Scratch) -> Census {
        self.count(scratch)
    }

    fn unallocated(&self, _: &mut Scratch, each: &mut dyn FnMut(Range<u64>)) -> Vec<Problem> {
        self.free.runs.iter().for_each(|run| each(self.heap.extent(run)));
        self.free.problems.clone()
    }
}

impl ExFatVolume {
    /// The record of the primary entry at byte `at`; `None` when no directory has one there.
    fn record_at(
        &self,
        at: u64,
        reader: &mut TableReader<'_>,
        scratch: &mut Scratch,
    ) -> Option<Record> {
        let directory = self.tree.directories.holding(at)?;
        let extents = directory.tail(at, MOST_SET_BYTES);
        let allocation = directory.allocation_at(at);
        let part = Directory { extents, allocation, ..directory.clone() };
        let mut found = None;
        visit_directory(&*self.volume, &part, &self.up_case, scratch, &mut |seen, scratch| {
            match seen {
                Seen::Set(placed) if placed.set.at == at => {
                    found = Some(self.set_record(&placed.set, placed.allocation, reader, scratch));
                }
                Seen::Primary(place, bytes) if place == at => {
                    found = Some(self.primary_record(at, &bytes, reader, scratch));
                }
                _ => {}
            }
        });
        found
    }
}
