//! The contract's answers.

use std::ops::Range;
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source};
use words::term;

use super::budget::Budget;
use super::file_record::NAME;
use super::reader::Ntfs;
use super::{scan, security_descriptors, unallocated};
use crate::{
    Census, FileSystem, Found, Record, RecordId, RecordRef, RecordSpace, StreamKind, Summary, Tally,
};

/// Record of `$Bitmap`.
const BITMAP: u64 = 6;

impl FileSystem for Ntfs {
    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn volume(&self) -> &Arc<dyn Source> {
        &self.records.volume
    }

    fn root(&self) -> RecordRef {
        self.root
    }

    fn record_space(&self) -> RecordSpace {
        RecordSpace { slots: self.records.mft.slots, part: self.slots_at_once() }
    }

    fn scan(&self, part: Range<u64>, scratch: &mut Scratch, each: &mut dyn FnMut(Found)) {
        scan::scan(self, part, scratch, each);
    }

    fn record(&self, id: RecordId, scratch: &mut Scratch) -> Result<Record, Problem> {
        let record = self.read(id.number, scratch)?;
        if record.id == id {
            return Ok(record);
        }
        let how = ProblemKind::Inconsistent(term!("ntfs.record-another-sequence-number-freed"));
        Err(Problem::damage(NAME, record.at, how))
    }

    fn census(&self, scratch: &mut Scratch) -> Census {
        let what = term!("ntfs.mft-records-use-mft-bitmap");
        let tallies = vec![Tally { what, expected: self.bitmap.used() }];
        let mut problems = self.bitmap_problems.clone();
        let owners = security_descriptors::owners(&self.records, &mut problems, scratch);
        Census { tallies, problems, owners }
    }

    fn unallocated(&self, scratch: &mut Scratch, each: &mut dyn FnMut(Range<u64>)) -> Vec<Problem> {
        let mut record = match self.read(BITMAP, scratch) {
            Ok(record) => record,
            Err(problem) => return vec![problem],
        };
        let Some(stream) = record.streams.iter().find(|stream| stream.kind == StreamKind::Data)
        else {
            let how = ProblemKind::Inconsistent(term!("ntfs.bitmap-no-data-attribute"));
            record.problems.push(Problem::damage("$Bitmap", record.at, how));
            return record.problems;
        };
        let volume = &*self.records.volume;
        record.problems.extend(unallocated::visit(
            volume,
            &self.records.boot,
            stream,
            scratch,
            each,
        ));
        record.problems
    }
}

impl Ntfs {
    /// Reads the record in this slot, whichever generation.
    fn read(&self, number: u64, scratch: &mut Scratch) -> Result<Record, Problem> {
        let loaded = self.records.load(number, scratch)?;
        let record = loaded.parse()?;
        let problems = loaded.problems.clone();
        // Nothing but lists is read for a record alone: most need no look at the part.
        let mut budget = match record.has_list() {
            true => scan::budget_of(self, number, scratch),
            false => Budget::new(),
        };
        Ok(scan::file(self, &record, problems, None, &mut budget, scratch).record)
    }
}
