//! The names of a file system, gathered from all its records.

use std::ops::Range;
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch};
use case_model::StopToken;
use filesystem::{FileSystem, Found, Layout, Record, Space};
use rayon::prelude::*;
use words::term;

use crate::{MOST_NAMES, ScanWatch, Spill, Tree, TreeBuilder, TreePart, guarded, scan_isolated};

/// What one part of a record table gave.
struct Part<'b, T> {
    taken: T,
    tree: TreePart<'b>,
    sums: Sums,
}

/// What is summed up over the parts of a record table.
#[derive(Default)]
struct Sums {
    /// Records and extensions that the metadata should count.
    counted: u64,
    stream_bytes: u64,
    problems: Vec<Problem>,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.counted = self.counted.saturating_add(other.counted);
        self.stream_bytes = self.stream_bytes.saturating_add(other.stream_bytes);
        self.problems.extend(other.problems);
    }

    /// Counts what the metadata should count.
    fn count(&mut self, counted: bool) {
        self.counted = self.counted.saturating_add(u64::from(counted));
    }

    /// Counts a record and the bytes of its streams, as far as their places are known.
    fn add_record(&mut self, record: &Record) {
        self.count(record.counted);
        for stream in
            record.streams.iter().filter(|stream| !matches!(stream.layout, Layout::Lost(_)))
        {
            self.stream_bytes = self.stream_bytes.saturating_add(stream.size);
        }
    }
}

/// The names of a file system, without its counts.
pub struct Names {
    /// Paths and parents.
    pub tree: Tree,
    /// Records and extensions that the metadata should count.
    pub counted: u64,
    /// Bytes of all streams.
    pub stream_bytes: u64,
    /// What is wrong with the metadata.
    pub problems: Vec<Problem>,
    /// The record space, in the parts that the file system suggests.
    pub parts: Vec<Range<u64>>,
}

/// What else is taken of the records while their names are gathered.
pub trait Gatherer: Sync {
    /// What is taken of one part of the record table.
    type Taken: Default + Send;
    /// What is made of it when the part was read to its end.
    type Made: Send;

    /// Takes a record. Of a part that is read a second time because its reader failed, what was taken before is dropped.
    fn take_record(&self, taken: &mut Self::Taken, record: Record);

    /// Takes space in use that no stream shows.
    fn take_space(&self, _taken: &mut Self::Taken, _space: &Space) {}

    /// Makes something of what was taken of a part: its number, counted from 0.
    fn finish(&self, part: usize, taken: Self::Taken) -> Self::Made;
}

/// Nothing else is taken.
struct NamesOnly;

impl Gatherer for NamesOnly {
    type Taken = ();
    type Made = ();

    fn take_record(&self, (): &mut (), _: Record) {}

    fn finish(&self, _: usize, (): ()) {}
}

/// Scans all records of a file system for names and places. Must run on a pool.
#[must_use]
pub fn gather_names(file_system: &dyn FileSystem, watch: &dyn ScanWatch) -> Names {
    gather_names_and(
        file_system,
        Arc::new(Spill::in_memory()),
        watch,
        &StopToken::new(),
        &NamesOnly,
    )
    .0
}

/// As [`gather_names`], with names where `spill` has room for them, and what `gatherer` makes of each part, in the order of the parts.
/// After a stop, parts that were not started give nothing.
pub fn gather_names_and<G: Gatherer>(
    file_system: &dyn FileSystem,
    spill: Arc<Spill>,
    watch: &dyn ScanWatch,
    stop: &StopToken,
    gatherer: &G,
) -> (Names, Vec<G::Made>) {
    let parts = parts_of(file_system);
    let builder = TreeBuilder::new(spill);
    let scanned: Vec<(G::Made, Sums)> = parts
        .par_iter()
        .enumerate()
        .map_init(Scratch::new, |scratch, (number, range)| {
            let range = if stop.is_requested() { 0..0 } else { range.clone() };
            let part = gather_part(file_system, range, scratch, &builder, watch, gatherer);
            part.tree.join();
            (gatherer.finish(number, part.taken), part.sums)
        })
        .collect();
    let mut sums = Sums::default();
    let mut taken = Vec::with_capacity(scanned.len());
    for (made, of_part) in scanned {
        taken.push(made);
        sums.add(of_part);
    }
    let Sums { counted, stream_bytes, mut problems } = sums;
    problems.extend(file_system.summary().problems.iter().cloned());
    let tree = finished_tree(builder, file_system, &mut problems);
    (Names { tree, counted, stream_bytes, problems, parts }, taken)
}

/// Builds the tree, and adds what is wrong with it. A tree that cannot be built is an empty one.
fn finished_tree(
    builder: TreeBuilder,
    file_system: &dyn FileSystem,
    problems: &mut Vec<Problem>,
) -> Tree {
    let root = file_system.root();
    let tree = guarded(|| builder.finish(root)).unwrap_or_else(|problem| {
        problems.push(problem);
        TreeBuilder::new(Arc::new(Spill::in_memory())).finish(root)
    });
    problems.extend(limits_of(&tree));
    problems.extend(tree.second_names().iter().cloned());
    tree
}

/// What the tree does not hold because it would be too much.
fn limits_of(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    if tree.limited() > 0 {
        let kind = ProblemKind::LimitReached {
            what: term!("evidence.length-path-bytes-deeper-directories"),
            limit: 32 << 10,
        };
        problems.push(Problem::note("directory tree", 0, kind));
    }
    if tree.names_lost() > 0 {
        let kind = ProblemKind::LimitReached {
            what: term!("evidence.names-4-096-neighbouring-records"),
            limit: u64::try_from(MOST_NAMES).unwrap_or(u64::MAX),
        };
        problems.push(Problem::damage("directory tree", 0, kind));
    }
    problems
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

fn gather_part<'b, G: Gatherer>(
    file_system: &dyn FileSystem,
    range: Range<u64>,
    scratch: &mut Scratch,
    builder: &'b TreeBuilder,
    watch: &dyn ScanWatch,
    gatherer: &G,
) -> Part<'b, G::Taken> {
    let new = || Part { taken: G::Taken::default(), tree: builder.part(), sums: Sums::default() };
    let mut take = |part: &mut Part<'b, G::Taken>, found| match found {
        Found::Record(record) => {
            part.sums.add_record(&record);
            part.tree.take_record(&record);
            gatherer.take_record(&mut part.taken, *record);
        }
        Found::Extension(extension) => part.sums.count(extension.counted),
        Found::Link(link) => part.tree.take_link(*link),
        Found::Space(space) => gatherer.take_space(&mut part.taken, &space),
        Found::Problem(problem) => part.sums.problems.push(problem),
    };
    let (mut part, failed) = scan_isolated(file_system, range, scratch, watch, &new, &mut take);
    part.sums.problems.extend(failed);
    part
}
