//! The first look at a file system: names, directories, counts, problems.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use byte_source::{Problem, ProblemKind, Scratch};
use evidence::{Tree, TreeBuilder};
use filesystem::{Census, FileSystem, Found, Layout, Record, Stream};
use rayon::prelude::*;

/// What a first look gave.
pub(crate) struct Gathered {
    pub(crate) tree: Tree,
    /// Records and extensions that the metadata should count.
    pub(crate) counted: u64,
    /// Bytes of all streams, as an estimate of the work.
    pub(crate) stream_bytes: u64,
    pub(crate) problems: Vec<Problem>,
    pub(crate) census: Census,
    pub(crate) unallocated_bytes: u64,
    pub(crate) parts: Vec<Range<u64>>,
}

/// Bytes of records that a listing may keep from its first look; with more it looks twice, so that memory stays bounded.
const MOST_KEPT_BYTES: u64 = 192 << 20;

#[derive(Default)]
struct Part {
    builder: TreeBuilder,
    kept: Vec<Record>,
    counted: u64,
    stream_bytes: u64,
    problems: Vec<Problem>,
}

/// The names of a file system, without its counts.
pub(crate) struct Names {
    pub(crate) tree: Tree,
    /// Records and extensions that the metadata should count.
    pub(crate) counted: u64,
    /// Bytes of all streams.
    pub(crate) stream_bytes: u64,
    pub(crate) problems: Vec<Problem>,
    pub(crate) parts: Vec<Range<u64>>,
    /// All records in the order of their slots, without their layouts and details, where that was asked for and they are not too many.
    pub(crate) kept: Option<Vec<Record>>,
}

/// Scans all records of a file system for names and places. Must run on a pool. With `keep`, the records are kept as well.
pub(crate) fn gather_names(file_system: &dyn FileSystem, keep: bool) -> Names {
    let parts = parts_of(file_system);
    let room = Room { left: AtomicU64::new(if keep { MOST_KEPT_BYTES } else { 0 }) };
    let whole = parts
        .par_iter()
        .map_init(Scratch::new, |scratch, part| gather_part(file_system, part.clone(), &room, scratch))
        .reduce(Part::default, |mut left, right| {
            left.builder.join(right.builder);
            left.kept.extend(right.kept);
            left.counted = left.counted.saturating_add(right.counted);
            left.stream_bytes = left.stream_bytes.saturating_add(right.stream_bytes);
            left.problems.extend(right.problems);
            left
        });
    let mut problems = whole.problems;
    problems.extend(file_system.summary().problems.iter().cloned());
    let tree = whole.builder.finish(file_system.root());
    if tree.limited() > 0 {
        let kind = ProblemKind::LimitReached {
            what: "length of a path, in bytes; deeper directories stand under /$PathTooLong",
            limit: 32 << 10,
        };
        problems.push(Problem::note("directory tree", 0, kind));
    }
    let kept = room.is_left().then_some(whole.kept);
    Names { tree, counted: whole.counted, stream_bytes: whole.stream_bytes, problems, parts, kept }
}

/// Room for records that are kept, shared by the workers.
struct Room {
    left: AtomicU64,
}

impl Room {
    fn is_left(&self) -> bool {
        self.left.load(Ordering::Relaxed) > 0
    }

    /// The record without what a listing does not show; `None` when there is no room for it, or for an earlier one.
    fn keep(&self, mut record: Record) -> Option<Record> {
        record.details = Vec::new();
        let mut bytes = size_of::<Record>().saturating_add(record.streams.len() * size_of::<Stream>());
        for stream in &mut record.streams {
            stream.layout = Layout::Runs(Vec::new());
            bytes = bytes.saturating_add(stream.name.len());
        }
        let target = record.target.as_ref().map_or(0, |(raw, readable)| raw.len() + readable.len());
        let bytes =
            bytes.saturating_add(target).saturating_add(record.problems.len() * size_of::<Problem>()) as u64;
        let take = |left: u64| Some(left.saturating_sub(bytes));
        let before = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).unwrap_or(0);
        (before > bytes).then_some(record)
    }
}

/// Scans all records of a file system for everything but content.
pub(crate) fn gather(file_system: &dyn FileSystem) -> Gathered {
    let Names { tree, counted, stream_bytes, mut problems, parts, .. } = gather_names(file_system, false);
    let mut scratch = Scratch::new();
    let census = guarded(|| file_system.census(&mut scratch))
        .unwrap_or_else(|problem| Census { tallies: Vec::new(), problems: vec![problem] });
    problems.extend(census.problems.iter().cloned());
    let mut unallocated_bytes = 0_u64;
    let left = guarded(|| {
        file_system.unallocated(&mut scratch, &mut |range| {
            unallocated_bytes = unallocated_bytes.saturating_add(range.end.saturating_sub(range.start));
        })
    });
    problems.extend(left.unwrap_or_else(|problem| vec![problem]));
    problems.sort();
    problems.dedup();
    Gathered { tree, counted, stream_bytes, problems, census, unallocated_bytes, parts }
}

/// The record space in the parts that the file system suggests.
fn parts_of(file_system: &dyn FileSystem) -> Vec<Range<u64>> {
    let space = file_system.record_space();
    let step = space.part.max(1);
    let mut parts = Vec::new();
    let mut start = 0;
    while start < space.slots {
        let end = start.saturating_add(step).min(space.slots);
        parts.push(start..end);
        start = end;
    }
    parts
}

fn gather_part(file_system: &dyn FileSystem, range: Range<u64>, room: &Room, scratch: &mut Scratch) -> Part {
    let mut part = Part::default();
    let scanned = guarded(|| {
        file_system.scan(range.clone(), scratch, &mut |found| match found {
            Found::Record(record) => {
                part.counted += u64::from(record.counted);
                for stream in record.streams.iter().filter(|stream| !matches!(stream.layout, Layout::Lost(_)))
                {
                    part.stream_bytes = part.stream_bytes.saturating_add(stream.size);
                }
                part.builder.take_record(&record);
                if room.is_left() {
                    part.kept.extend(room.keep(*record));
                } else {
                    part.kept = Vec::new();
                }
            }
            Found::Extension(extension) => part.counted += u64::from(extension.counted),
            Found::Link(link) => part.builder.take_link(*link),
            Found::Problem(problem) => part.problems.push(problem),
        });
    });
    if let Err(problem) = scanned {
        part.problems.push(problem);
    }
    part
}

/// Runs a reader; a panic in it becomes a problem and the rest goes on.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Problem> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        let kind = ProblemKind::Inconsistent("the reader failed on these records (a fault of this program: please report it); they are not indexed");
        Problem::damage("file system reader", 0, kind)
    })
}
