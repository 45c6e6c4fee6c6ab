//! Logical evidence (L01, Lx01): files that were picked from a medium, as a file system.

use std::ops::Range;
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source, read_exact};
use case_model::{NameEncoding, Times, Timestamp};
use disk_image::{LogicalData, LogicalEntry, StoredDigest};
use filesystem::{
    Allocation, Census, Confidence, Detail, FileSystem, FileSystemKind, Found, Layout, Link,
    LinkParent, NameSpace, Place, Record, RecordId, RecordKind, RecordRef, RecordSpace, Run,
    Stream, StreamKind, Summary, Tally,
};
use words::term;

/// Entries that one part of a scan holds.
const ENTRIES_PER_PART: u64 = 4096;
/// The flag of an entry that was deleted when it was picked.
const DELETED: u32 = 0x80;

/// The entries of a container of logical evidence. A record's number is its place in the tree's list; the root is 0.
pub(crate) struct LogicalFiles {
    medium: Arc<dyn Source>,
    entries: Vec<LogicalEntry>,
    summary: Summary,
}

impl LogicalFiles {
    pub(crate) fn new(medium: Arc<dyn Source>, entries: Vec<LogicalEntry>) -> Self {
        let summary = Summary {
            kind: FileSystemKind::Logical,
            label: String::new(),
            serial: String::new(),
            block_bytes: 1,
            blocks: medium.len(),
            problems: Vec::new(),
        };
        Self { medium, entries, summary }
    }

    fn entry(&self, number: u64) -> Option<&LogicalEntry> {
        self.entries.get(usize::try_from(number).ok()?)
    }

    fn record_of(&self, number: u64, entry: &LogicalEntry, scratch: &mut Scratch) -> Record {
        let is_folder = entry.is_folder || entry.parent.is_none();
        let stored = |digest: &StoredDigest| Detail {
            name: format!("stored {}", digest.algorithm.key()),
            value: case_model::to_hex(&digest.digest),
        };
        Record {
            id: RecordId { number, generation: 0 },
            at: first_byte(&entry.data),
            kind: if is_folder { RecordKind::Directory } else { RecordKind::File },
            allocation: allocation(entry),
            counted: true,
            metadata: false,
            times: times(entry),
            mode: None,
            owner: None,
            links: None,
            attributes: entry.flags,
            target: None,
            details: entry.stored_digests.iter().map(stored).collect(),
            streams: if is_folder { Vec::new() } else { vec![self.stream(entry, scratch)] },
            problems: Vec::new(),
        }
    }

    fn stream(&self, entry: &LogicalEntry, scratch: &mut Scratch) -> Stream {
        let run = |range: &Range<u64>| Run {
            length: range.end.saturating_sub(range.start),
            place: Place::At(range.start),
        };
        let layout = match &entry.data {
            LogicalData::Nothing => Layout::Inline { bytes: Vec::new(), runs: Vec::new() },
            LogicalData::Extents(extents) => {
                Layout::Runs(extents.iter().filter(|range| !range.is_empty()).map(run).collect())
            }
            LogicalData::Fill(at) => self.fill(*at, entry.size, scratch),
        };
        Stream {
            kind: StreamKind::Data,
            name: Vec::new(),
            size: entry.size,
            valid: entry.size,
            layout,
            confidence: Confidence::Recorded,
        }
    }

    /// A file of one repeated byte: zero in all that were seen.
    fn fill(&self, at: u64, size: u64, scratch: &mut Scratch) -> Layout {
        let mut byte = [0];
        match read_exact(self.medium.as_ref(), at, &mut byte, scratch) {
            Ok(()) if byte == [0] => Layout::Runs(vec![Run { length: size, place: Place::Hole }]),
            Ok(()) => Layout::Unsupported(term!("evidence.file-one-repeated-byte-not")),
            Err(_) => Layout::Lost(term!("evidence.byte-file-repeats-cannot-read")),
        }
    }
}

impl FileSystem for LogicalFiles {
    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn volume(&self) -> &Arc<dyn Source> {
        &self.medium
    }

    fn root(&self) -> RecordRef {
        RecordRef { number: 0, generation: Some(0) }
    }

    fn record_space(&self) -> RecordSpace {
        RecordSpace { slots: byte_source::length(self.entries.len()), part: ENTRIES_PER_PART }
    }

    fn scan(&self, part: Range<u64>, scratch: &mut Scratch, each: &mut dyn FnMut(Found)) {
        for number in part {
            let Some(entry) = self.entry(number) else { return };
            each(Found::Record(Box::new(self.record_of(number, entry, scratch))));
            if let Some(parent) = entry.parent {
                each(Found::Link(Box::new(link(number, entry, byte_source::length(parent)))));
            }
        }
    }

    fn record(&self, id: RecordId, scratch: &mut Scratch) -> Result<Record, Problem> {
        match self.entry(id.number) {
            Some(entry) if id.generation == 0 => Ok(self.record_of(id.number, entry, scratch)),
            _ => {
                let kind =
                    ProblemKind::Inconsistent(term!("evidence.tree-logical-evidence-no-such"));
                Err(Problem::damage("logical entry", 0, kind))
            }
        }
    }

    fn census(&self, _: &mut Scratch) -> Census {
        let expected = byte_source::length(self.entries.len());
        let tally = Tally { what: term!("evidence.entries-tree-logical-evidence"), expected };
        Census { tallies: vec![tally], ..Census::default() }
    }

    fn unallocated(&self, _: &mut Scratch, _: &mut dyn FnMut(Range<u64>)) -> Vec<Problem> {
        Vec::new()
    }
}

fn link(number: u64, entry: &LogicalEntry, parent: u64) -> Link {
    Link {
        parent: LinkParent::Directory(RecordRef { number: parent, generation: Some(0) }),
        child: RecordRef { number, generation: Some(0) },
        name: entry.name.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        encoding: NameEncoding::Utf16Le,
        readable: None,
        space: NameSpace::Primary,
        allocation: allocation(entry),
        at: first_byte(&entry.data),
        times: None,
    }
}

fn allocation(entry: &LogicalEntry) -> Allocation {
    if entry.flags & DELETED == 0 { Allocation::Allocated } else { Allocation::Deleted }
}

fn first_byte(data: &LogicalData) -> u64 {
    match data {
        LogicalData::Nothing => 0,
        LogicalData::Extents(extents) => extents.first().map_or(0, |range| range.start),
        LogicalData::Fill(at) => *at,
    }
}

fn times(entry: &LogicalEntry) -> Times {
    let stored = &entry.times;
    Times {
        modified: time(stored.written),
        accessed: time(stored.accessed),
        changed: time(stored.modified),
        created: time(stored.created),
        deleted: time(stored.deleted),
    }
}

/// Seconds since 1970; those past 2038 do not fit the 32-bit field that other systems keep.
fn time(seconds: Option<i64>) -> Option<Timestamp> {
    let seconds = seconds?;
    match i32::try_from(seconds) {
        Ok(fits) => Some(Timestamp::unix_seconds(fits.cast_unsigned())),
        Err(_) => Some(Timestamp::host(seconds.checked_mul(1_000_000_000)?)),
    }
}
