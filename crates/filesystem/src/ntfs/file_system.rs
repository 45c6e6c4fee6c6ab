//! The contract's answers.

use std::ops::Range;
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source};
use words::term;

use super::attribute::type_code;
use super::budget::Budget;
use super::file_record::NAME;
use super::metadata::{Directories, ROOT};
use super::record_bitmap::RecordBitmap;
use super::records::Records;
use super::{scan, security_descriptors, unallocated};
use crate::{
    Census, FileSystem, Found, Record, RecordId, RecordRef, RecordSpace, StreamKind, Summary, Tally,
};

/// Bytes of the MFT that are read and scanned at once.
pub(super) const BLOCK_BYTES: u64 = 1 << 20;

/// Record of `$Bitmap`.
const BITMAP: u64 = 6;

/// An open NTFS volume.
pub(super) struct Ntfs {
    pub(super) records: Records,
    pub(super) bitmap: RecordBitmap,
    /// What kept `bitmap` from being complete.
    pub(super) bitmap_problems: Vec<Problem>,
    pub(super) metadata: Directories,
    pub(super) root: RecordRef,
    pub(super) summary: Summary,
    /// Where the limits of its parts are reached.
    pub(super) known: scan::Known,
}

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
        RecordSpace { slots: self.records.mft.slots, part: scan::at_once(self) }
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
        let Some(stream) = record.streams.iter().find(|stream| stream.kind == StreamKind::Data) else {
            let how = ProblemKind::Inconsistent(term!("ntfs.bitmap-no-data-attribute"));
            record.problems.push(Problem::damage("$Bitmap", record.at, how));
            return record.problems;
        };
        let volume = &*self.records.volume;
        record.problems.extend(unallocated::visit(volume, &self.records.boot, stream, scratch, each));
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

/// Reads the `$MFT:$BITMAP` of a volume.
pub(super) fn record_bitmap(
    records: &Records,
    problems: &mut Vec<Problem>,
    scratch: &mut Scratch,
) -> RecordBitmap {
    const NAME: &str = "$MFT:$BITMAP";
    let slots = records.mft.slots;
    let mut bytes = Vec::new();
    match scan::attributes_of(records, 0, scratch, problems, |attributes, problems, scratch| {
        let stream = super::streams::find(attributes, type_code::BITMAP, &[], &records.boot, problems)?;
        let at = attributes.first().map_or(0, |attribute| attribute.at);
        let needed = slots.div_ceil(8);
        let mut stream = stream;
        // What lies behind the last slot does not matter.
        stream.size = stream.size.min(needed);
        Some(super::content::read(&*records.volume, NAME, at, &stream, needed, problems, scratch))
    }) {
        Ok(Some(read)) => bytes = read,
        Ok(None) => {
            let how = ProblemKind::Inconsistent(term!("ntfs.mft-no-bitmap-attribute"));
            problems.push(Problem::damage(NAME, 0, how));
        }
        Err(problem) => problems.push(problem),
    }
    let bitmap = RecordBitmap::new(bytes, slots);
    if bitmap.missing() > 0 {
        problems.push(Problem::damage(
            NAME,
            0,
            ProblemKind::OutOfBounds {
                wanted_end: slots.div_ceil(8),
                available: slots.saturating_sub(bitmap.missing()) / 8,
            },
        ));
    }
    bitmap
}

/// The root directory as references to it are made.
pub(super) fn root(records: &Records, scratch: &mut Scratch) -> RecordRef {
    let loaded = records.load(ROOT, scratch).ok();
    let sequence = loaded.and_then(|loaded| loaded.parse().ok().map(|record| record.generation()));
    RecordRef { number: ROOT, generation: Some(u64::from(sequence.unwrap_or(5))) }
}
