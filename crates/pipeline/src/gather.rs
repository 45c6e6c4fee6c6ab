//! The first look at a file system: names, directories, counts, problems.

use std::ops::Range;

use byte_source::{Problem, ProblemKind, Scratch};
use evidence::{OnMedium, Tree, TreeBuilder};
use filesystem::{Census, FileSystem, Found, Layout, Record};
use rayon::prelude::*;

use crate::isolation::{guarded, scan_isolated};
use crate::sweep::{Draft, StreamClass, classify, draft};

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
    /// For each part, the streams that the sweep shall read.
    pub(crate) drafts: Vec<Vec<Draft>>,
}

struct Part<T> {
    taken: Vec<T>,
    builder: TreeBuilder,
    counted: u64,
    stream_bytes: u64,
    problems: Vec<Problem>,
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self {
            taken: Vec::new(),
            builder: TreeBuilder::default(),
            counted: 0,
            stream_bytes: 0,
            problems: Vec::new(),
        }
    }
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
}

/// Scans all records of a file system for names and places. Must run on a pool.
pub(crate) fn gather_names(file_system: &dyn FileSystem) -> Names {
    gather_with(file_system, &|(), _| {}).0
}

/// As [`gather_names`], and what `take` makes of the records of each part.
pub(crate) fn gather_with<T: Default + Send>(
    file_system: &dyn FileSystem,
    take: &(dyn Fn(&mut T, Record) + Sync),
) -> (Names, Vec<T>) {
    let parts = parts_of(file_system);
    let whole = parts
        .par_iter()
        .map_init(Scratch::new, |scratch, part| gather_part(file_system, part.clone(), scratch, take))
        .reduce(Part::default, |mut left, right| {
            left.builder.join(right.builder);
            left.counted = left.counted.saturating_add(right.counted);
            left.stream_bytes = left.stream_bytes.saturating_add(right.stream_bytes);
            left.problems.extend(right.problems);
            left.taken.extend(right.taken);
            left
        });
    let mut problems = whole.problems;
    problems.extend(file_system.summary().problems.iter().cloned());
    let root = file_system.root();
    let tree = guarded(|| whole.builder.finish(root)).unwrap_or_else(|problem| {
        problems.push(problem);
        TreeBuilder::new().finish(root)
    });
    if tree.limited() > 0 {
        let kind = ProblemKind::LimitReached {
            what: "length of a path, in bytes; deeper directories stand under /$PathTooLong",
            limit: 32 << 10,
        };
        problems.push(Problem::note("directory tree", 0, kind));
    }
    let names = Names { tree, counted: whole.counted, stream_bytes: whole.stream_bytes, problems, parts };
    (names, whole.taken)
}

/// Scans all records of a file system for everything but content. Must run on a pool.
pub(crate) fn gather(file_system: &dyn FileSystem, medium: &OnMedium<'_>, max_hole_bytes: u64) -> Gathered {
    let plan = |drafts: &mut Vec<Draft>, record: Record| {
        let swept = record
            .streams
            .iter()
            .filter(|stream| matches!(classify(stream, max_hole_bytes), StreamClass::Swept));
        drafts.extend(swept.map(|stream| draft(stream, medium)));
    };
    let (names, drafts) = gather_with(file_system, &plan);
    let Names { tree, counted, stream_bytes, mut problems, parts } = names;
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
    Gathered { tree, counted, stream_bytes, problems, census, unallocated_bytes, parts, drafts }
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

fn gather_part<T: Default>(
    file_system: &dyn FileSystem,
    range: Range<u64>,
    scratch: &mut Scratch,
    take: &(dyn Fn(&mut T, Record) + Sync),
) -> Part<T> {
    let (gathering, failed) = scan_isolated(
        file_system,
        range,
        scratch,
        &mut |(part, taken): &mut (Part<T>, T), found| match found {
            Found::Record(record) => {
                part.counted += u64::from(record.counted);
                for stream in record.streams.iter().filter(|stream| !matches!(stream.layout, Layout::Lost(_)))
                {
                    part.stream_bytes = part.stream_bytes.saturating_add(stream.size);
                }
                part.builder.take_record(&record);
                take(taken, *record);
            }
            Found::Extension(extension) => part.counted += u64::from(extension.counted),
            Found::Link(link) => part.builder.take_link(*link),
            Found::Problem(problem) => part.problems.push(problem),
        },
    );
    let (mut part, taken) = gathering;
    part.problems.extend(failed);
    part.taken.push(taken);
    part
}
