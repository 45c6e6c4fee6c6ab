//! The scan of the MFT, slot by slot.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::PoisonError;

use byte_source::{Problem, ProblemKind, Scratch, index, length};
use words::term;

use super::assemble::{self, Assembled};
use super::budget::{Budget, RanOut};
use super::file_record::{FileRecord, NAME, SIGNATURE};
use super::file_reference::FileReference;
use super::gather::gathered;
use super::mft::Fault;
use super::placement::Placement;
use super::reader::Ntfs;
use super::records::{OwnedRecord, no_signature};
use super::{directory_index, update_sequence};
use crate::{Extension, Found, RecordKind};

/// Scans the slots `range`: the same for every division, as limits belong to the parts of [`crate::RecordSpace`].
pub(super) fn scan(
    ntfs: &Ntfs,
    range: Range<u64>,
    scratch: &mut Scratch,
    each: &mut dyn FnMut(Found),
) {
    let end = range.end.min(ntfs.records.mft.slots);
    let mut slot = range.start;
    while slot < end {
        let (part, whole) = ntfs.part_of(slot);
        let next = whole.end.min(end);
        if (slot..next) == whole {
            scan_whole(ntfs, part, whole, scratch, each);
        } else {
            let budget = budget_in(ntfs, part, whole, scratch);
            scan_range(ntfs, slot..next, budget, scratch, each);
        }
        slot = next;
    }
}

/// What may be read for a record alone: as much as in a scan.
pub(super) fn budget_of(ntfs: &Ntfs, slot: u64, scratch: &mut Scratch) -> Budget {
    let (part, whole) = ntfs.part_of(slot);
    let mut budget = budget_in(ntfs, part, whole, scratch);
    budget.begin(slot);
    budget
}

fn budget_in(ntfs: &Ntfs, part: u64, whole: Range<u64>, scratch: &mut Scratch) -> Budget {
    let known = ntfs.known.lock().unwrap_or_else(PoisonError::into_inner).get(&part).copied();
    match known {
        Some(Some(ran_out)) => Budget::foreseen(&ran_out),
        // The reader failed in this part: its slots are read one by one.
        Some(None) => Budget::new(),
        None => Budget::foreseen(&scan_whole(ntfs, part, whole, scratch, &mut |_| {})),
    }
}

fn scan_whole(
    ntfs: &Ntfs,
    part: u64,
    whole: Range<u64>,
    scratch: &mut Scratch,
    each: &mut dyn FnMut(Found),
) -> RanOut {
    let know = |what| ntfs.known.lock().unwrap_or_else(PoisonError::into_inner).insert(part, what);
    // What is known stays known, should the reader fail this time.
    ntfs.known.lock().unwrap_or_else(PoisonError::into_inner).entry(part).or_insert(None);
    let ran_out = scan_range(ntfs, whole, Budget::new(), scratch, each);
    know(Some(ran_out));
    ran_out
}

/// Scans slots of one part.
fn scan_range(
    ntfs: &Ntfs,
    range: Range<u64>,
    budget: Budget,
    scratch: &mut Scratch,
    each: &mut dyn FnMut(Found),
) -> RanOut {
    let mft = &ntfs.records.mft;
    let mut block = std::mem::take(scratch.tools().get::<Block>());
    let mut scan = Scan { ntfs, budget, claims: None, each };
    let faults = mft.read(&*ntfs.records.volume, range.clone(), &mut block.0, scratch);
    scan.faults(range.start, &faults);
    let record_bytes = index(u64::from(mft.record_bytes));
    let mut offset = 0_u64;
    for (number, bytes) in range.zip(block.0.chunks_exact_mut(record_bytes)) {
        let end = offset.saturating_add(length(record_bytes));
        let fault = faults.iter().find(|(bad, _)| bad.start < end && offset < bad.end);
        scan.begin(number);
        scan.slot(number, bytes, fault, scratch);
        offset = end;
    }
    let ran_out = scan.budget.ran_out();
    *scratch.tools().get::<Block>() = block;
    ran_out
}

/// A worker's block of records.
#[derive(Default)]
struct Block(Vec<u8>);

struct Scan<'a> {
    ntfs: &'a Ntfs,
    budget: Budget,
    /// A base record, and the records that its list names; extension records of one file tend to lie together.
    claims: Option<(FileReference, HashSet<u64>)>,
    each: &'a mut dyn FnMut(Found),
}

impl Scan<'_> {
    fn begin(&mut self, slot: u64) {
        self.budget.begin(slot);
        // A scan that begins here could not read the list either.
        if self.budget.has_no_lists() {
            self.claims = None;
        }
    }

    /// Reports what of a block could not be read.
    fn faults(&mut self, start: u64, faults: &[Fault]) {
        let mft = &self.ntfs.records.mft;
        for (bad, reason) in faults {
            let number = start
                .saturating_add(bad.start.checked_div(u64::from(mft.record_bytes)).unwrap_or(0));
            let at = mft.place(number).map_or(u64::MAX, |place| place.first());
            (self.each)(Found::Problem(Problem::damage(
                "$MFT",
                at,
                ProblemKind::Unreadable(*reason),
            )));
        }
    }

    fn slot(
        &mut self,
        number: u64,
        bytes: &mut [u8],
        fault: Option<&Fault>,
        scratch: &mut Scratch,
    ) {
        let place = self.ntfs.records.mft.place(number);
        let problem = match (&place, fault) {
            (Some(place), None) if bytes.starts_with(SIGNATURE) => {
                let mut problems = Vec::new();
                update_sequence::restore(NAME, place.first(), bytes, &mut problems);
                return self.signed(number, place.clone(), bytes, problems, scratch);
            }
            (place, fault) => no_record(place.as_ref(), fault, bytes),
        };
        if let Ok(copy) = self.ntfs.records.load_copy(number, scratch) {
            (self.each)(Found::Problem(problem.as_note()));
            return self.copy(&copy, scratch);
        }
        if self.ntfs.bitmap.is_used(number) {
            let at = place.map_or(u64::MAX, |place| place.first());
            (self.each)(Found::Record(Box::new(assemble::unknown(number, at, problem))));
        }
    }

    fn copy(&mut self, copy: &OwnedRecord, scratch: &mut Scratch) {
        match copy.parse() {
            Ok(record) => self.record(&record, copy.problems.clone(), scratch),
            Err(problem) => (self.each)(Found::Problem(problem)),
        }
    }

    fn signed(
        &mut self,
        number: u64,
        place: Placement,
        bytes: &[u8],
        problems: Vec<Problem>,
        scratch: &mut Scratch,
    ) {
        match FileRecord::parse(number, place, bytes) {
            Ok(record) => self.record(&record, problems, scratch),
            Err(bounds) => (self.each)(Found::Problem(bounds.into())),
        }
    }

    fn record(
        &mut self,
        record: &FileRecord<'_>,
        mut problems: Vec<Problem>,
        scratch: &mut Scratch,
    ) {
        let contradiction = self.contradiction(record);
        if !record.base.is_none() {
            if self.is_claimed(record, scratch) {
                problems.extend(contradiction);
                return self.extension(record, problems);
            }
            let how = term!("ntfs.record-extends-another-does-not");
            problems.push(Problem::damage(
                NAME,
                record.place.first(),
                ProblemKind::Inconsistent(how),
            ));
        }
        let mut of_index = Vec::new();
        let budget = &mut self.budget;
        let mut assembled = file(self.ntfs, record, problems, Some(&mut of_index), budget, scratch);
        assembled.record.problems.extend(contradiction);
        let is_blank = is_empty_slot(&assembled.record) && assembled.links.is_empty();
        if !record.is_in_use() && is_blank {
            // Formatted, never used: only what is wrong with it is of interest.
            return self.problems(assembled.record.problems);
        }
        self.give(assembled, of_index);
    }

    /// Hands over a record that extends another, which lists it.
    fn extension(&mut self, record: &FileRecord<'_>, problems: Vec<Problem>) {
        self.problems(problems);
        (self.each)(Found::Extension(Extension {
            id: record.reference().id(),
            base: record.base.as_ref(),
            at: record.place.first(),
            counted: record.is_in_use(),
        }));
    }

    /// Hands over a record with its space and names, and what is wrong with its index.
    fn give(&mut self, assembled: Assembled, of_index: Vec<Problem>) {
        let Assembled { record, links, space } = assembled;
        (self.each)(Found::Record(Box::new(record)));
        space.into_iter().for_each(|space| (self.each)(Found::Space(Box::new(space))));
        self.problems(of_index);
        links.into_iter().for_each(|link| (self.each)(Found::Link(Box::new(link))));
    }

    fn problems(&mut self, problems: Vec<Problem>) {
        problems.into_iter().for_each(|problem| (self.each)(Found::Problem(problem)));
    }

    /// What the record and `$MFT:$BITMAP` say differently about its use.
    fn contradiction(&self, record: &FileRecord<'_>) -> Option<Problem> {
        let at = record.place.first();
        match (record.is_in_use(), self.ntfs.bitmap.is_used(record.number)) {
            (true, false) => {
                let how = term!("ntfs.record-says-use-mft-bitmap");
                Some(Problem::note(NAME, at, ProblemKind::Inconsistent(how)))
            }
            (false, true) => {
                let how = term!("ntfs.mft-bitmap-says-record-use");
                Some(Problem::damage(NAME, at, ProblemKind::Inconsistent(how)))
            }
            _ => None,
        }
    }

    /// Does the base record of this extension record list it?
    fn is_claimed(&mut self, extension: &FileRecord<'_>, scratch: &mut Scratch) -> bool {
        if self.claims.as_ref().is_none_or(|(base, _)| *base != extension.base) {
            let named = self.named_by(extension.base, scratch).unwrap_or_default();
            self.claims = Some((extension.base, named));
        }
        self.claims.as_ref().is_some_and(|(_, named)| named.contains(&extension.number))
    }

    fn named_by(&mut self, base: FileReference, scratch: &mut Scratch) -> Option<HashSet<u64>> {
        let records = &self.ntfs.records;
        let loaded = records.load(base.number, scratch).ok()?;
        let record = loaded.parse().ok()?;
        if record.reference() != base || !record.base.is_none() {
            return None;
        }
        let mut attributes = Vec::new();
        let mut problems = Vec::new();
        record.attributes(&mut attributes, &mut problems);
        // What is wrong with the list is told with its base record.
        let list = records.list(&attributes, &mut self.budget, &mut problems, scratch)?;
        Some(list.iter().map(|entry| entry.record.number).collect())
    }
}

/// Why a slot holds no record.
fn no_record(place: Option<&Placement>, fault: Option<&Fault>, bytes: &[u8]) -> Problem {
    match (place, fault) {
        (None, _) => {
            let how = term!("ntfs.record-lies-hole-mft");
            Problem::damage(NAME, u64::MAX, ProblemKind::Inconsistent(how))
        }
        (Some(place), Some((_, reason))) => {
            Problem::damage(NAME, place.first(), ProblemKind::Unreadable(*reason))
        }
        (Some(place), None) => no_signature(place.first(), bytes),
    }
}

/// A slot that was never used holds no attribute.
fn is_empty_slot(file: &crate::Record) -> bool {
    file.kind == RecordKind::Unknown && file.streams.is_empty()
}

/// Puts the file of a base record together (or of an extension record that nobody lists). With `of_index`, the index of a directory
/// is searched for further links, and that takes what is wrong with it.
pub(super) fn file(
    ntfs: &Ntfs,
    record: &FileRecord<'_>,
    mut problems: Vec<Problem>,
    of_index: Option<&mut Vec<Problem>>,
    budget: &mut Budget,
    scratch: &mut Scratch,
) -> Assembled {
    let records = &ntfs.records;
    let metadata = &ntfs.metadata;
    gathered(
        records,
        record,
        budget,
        &mut problems,
        scratch,
        |attributes, budget, problems, scratch| {
            if attributes.is_empty() && record.is_in_use() {
                problems.push(assemble::no_attributes(record.place.first()));
            }
            let problems = std::mem::take(problems);
            let mut file =
                assemble::assemble(record, attributes, records, metadata, problems, scratch);
            if let (true, Some(problems)) = (record.is_directory(), of_index) {
                file.links.extend(directory_index::links(
                    records, record, attributes, budget, problems, scratch,
                ));
            }
            file
        },
    )
}
