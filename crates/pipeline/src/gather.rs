//! The first look at a file system: names, directories, counts, problems.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use byte_source::{Problem, ProblemKind, Scratch, Source};
use case_model::StopToken;
use evidence::{MOST_NAMES, OnMedium, Spill, Tree, TreeBuilder, TreePart};
use filesystem::{Census, FileSystem, Found, Layout, Record};
use hash_engine::Selection;
use rayon::prelude::*;

use crate::ScanError;
use crate::claims::{Claim, ClaimMap, DoubleClaims};
use crate::error::unless_stopped;
use crate::isolation::{guarded, scan_isolated};
use crate::plan_digest::plan_of_part;
use crate::sweep::{Draft, PlannedStreams, StreamClass, classify, draft};

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
    /// For each part, a digest of the streams that the sweep shall read, with their places.
    pub(crate) planned: Vec<[u8; 32]>,
    /// Space that is claimed more than once.
    pub(crate) claims: DoubleClaims,
}

/// What one part of a record table gave.
struct Part<'b, T> {
    taken: T,
    tree: TreePart<'b>,
    counted: u64,
    stream_bytes: u64,
    problems: Vec<Problem>,
    /// Taken only when the part was read to its end: what is read again must not claim twice.
    claims: Vec<Claim>,
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
    let spill = Arc::new(Spill::in_memory());
    gather_with(file_system, spill, None, &StopToken::new(), &|(), _| {}, &|_, ()| {}).0
}

/// As [`gather_names`], with names where `spill` has room for them, and what `done` makes of what `take` made of the records of each part.
/// `map` takes what the records claim. After a stop, parts that were not begun give nothing.
pub(crate) fn gather_with<T: Default + Send, D: Send>(
    file_system: &dyn FileSystem,
    spill: Arc<Spill>,
    map: Option<&ClaimMap>,
    stop: &StopToken,
    take: &(dyn Fn(&mut T, Record) + Sync),
    done: &(dyn Fn(usize, T) -> D + Sync),
) -> (Names, Vec<D>) {
    let parts = parts_of(file_system);
    let builder = TreeBuilder::new(spill);
    let scanned: Vec<(D, u64, u64, Vec<Problem>)> = parts
        .par_iter()
        .enumerate()
        .map_init(Scratch::new, |scratch, (number, range)| {
            let range = if stop.is_requested() { 0..0 } else { range.clone() };
            let part = gather_part(file_system, range, scratch, &builder, map, take);
            part.tree.join();
            map.inspect(|map| map.take(&part.claims));
            (done(number, part.taken), part.counted, part.stream_bytes, part.problems)
        })
        .collect();
    let (mut counted, mut stream_bytes) = (0_u64, 0_u64);
    let (mut problems, mut taken) = (Vec::new(), Vec::with_capacity(scanned.len()));
    for (done, records, bytes, found) in scanned {
        taken.push(done);
        counted = counted.saturating_add(records);
        stream_bytes = stream_bytes.saturating_add(bytes);
        problems.extend(found);
    }
    problems.extend(file_system.summary().problems.iter().cloned());
    let root = file_system.root();
    let tree = guarded(|| builder.finish(root)).unwrap_or_else(|problem| {
        problems.push(problem);
        TreeBuilder::new(Arc::new(Spill::in_memory())).finish(root)
    });
    problems.extend(limits_of(&tree));
    (Names { tree, counted, stream_bytes, problems, parts }, taken)
}

/// What the tree does not hold because it would be too much.
fn limits_of(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    if tree.limited() > 0 {
        let kind = ProblemKind::LimitReached {
            what: "length of a path, in bytes; deeper directories stand under /$PathTooLong",
            limit: 32 << 10,
        };
        problems.push(Problem::note("directory tree", 0, kind));
    }
    if tree.names_lost() > 0 {
        let kind = ProblemKind::LimitReached {
            what: "names of 4,096 neighbouring records; further names of them are not in the index",
            limit: MOST_NAMES as u64,
        };
        problems.push(Problem::damage("directory tree", 0, kind));
    }
    problems
}

/// Parts of a record table after which the pages of a lent medium are given back.
const RELEASED_EVERY: usize = 16;

/// Where the streams of a file system go.
pub(crate) struct Plans<'p> {
    pub(crate) streams: &'p PlannedStreams,
    /// The number of its volume in the plan.
    pub(crate) volume: usize,
    /// Parts of the file systems before it.
    pub(crate) parts_before: usize,
    /// The medium, when its pages are lent: those of record tables are given back, or they would count as memory of this program.
    pub(crate) lent: Option<&'p dyn Source>,
    pub(crate) selection: Selection,
    pub(crate) stop: &'p StopToken,
}

/// Scans all records of a file system for everything but content. Must run on a pool.
///
/// # Errors
/// [`ScanError::Stopped`] after a stop.
pub(crate) fn gather(
    file_system: &dyn FileSystem,
    medium: &OnMedium<'_>,
    plans: &Plans<'_>,
) -> Result<Gathered, ScanError> {
    let take = |drafts: &mut Vec<Draft>, record: Record| {
        let swept = record
            .streams
            .iter()
            .filter(|stream| matches!(classify(stream, plans.selection), StreamClass::Swept));
        drafts.extend(swept.map(|stream| draft(stream, medium)));
    };
    let parts_done = AtomicUsize::new(0);
    let done = |part: usize, drafts: Vec<Draft>| {
        if let Some(medium) = plans.lent
            && parts_done.fetch_add(1, Ordering::Relaxed) % RELEASED_EVERY == RELEASED_EVERY - 1
        {
            medium.release(0..medium.len());
        }
        let digest = plan_of_part(&drafts);
        plans.streams.add(plans.parts_before + part, plans.volume, drafts);
        digest
    };
    let spill = Arc::clone(plans.streams.spill());
    let map = ClaimMap::new(file_system);
    let (names, planned) = gather_with(file_system, spill, Some(&map), plans.stop, &take, &done);
    unless_stopped(plans.stop)?;
    let Names { tree, counted, stream_bytes, mut problems, parts } = names;
    plans.streams.set_parts(plans.parts_before + parts.len());
    let claims = DoubleClaims::find(file_system, &parts, &map, &tree, medium, plans.stop);
    unless_stopped(plans.stop)?;
    problems.extend(claims.limit.clone());
    let mut scratch = Scratch::new();
    let census = guarded(|| file_system.census(&mut scratch))
        .unwrap_or_else(|problem| Census { tallies: Vec::new(), problems: vec![problem] });
    problems.extend(census.problems.iter().cloned());
    unless_stopped(plans.stop)?;
    let mut unallocated_bytes = 0_u64;
    let left = guarded(|| {
        file_system.unallocated(&mut scratch, &mut |range| {
            unallocated_bytes = unallocated_bytes.saturating_add(range.end.saturating_sub(range.start));
        })
    });
    problems.extend(left.unwrap_or_else(|problem| vec![problem]));
    problems.sort();
    problems.dedup();
    Ok(Gathered { tree, counted, stream_bytes, problems, census, unallocated_bytes, parts, planned, claims })
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

fn gather_part<'b, T: Default>(
    file_system: &dyn FileSystem,
    range: Range<u64>,
    scratch: &mut Scratch,
    builder: &'b TreeBuilder,
    map: Option<&ClaimMap>,
    take: &(dyn Fn(&mut T, Record) + Sync),
) -> Part<'b, T> {
    let new = || Part {
        taken: T::default(),
        tree: builder.part(),
        counted: 0,
        stream_bytes: 0,
        problems: Vec::new(),
        claims: Vec::new(),
    };
    let (mut part, failed) =
        scan_isolated(file_system, range, scratch, &new, &mut |part: &mut Part<'b, T>, found| match found {
            Found::Record(record) => {
                part.counted += u64::from(record.counted);
                for stream in record.streams.iter().filter(|stream| !matches!(stream.layout, Layout::Lost(_)))
                {
                    part.stream_bytes = part.stream_bytes.saturating_add(stream.size);
                }
                part.tree.take_record(&record);
                map.inspect(|map| map.of_record(&record, &mut part.claims));
                take(&mut part.taken, *record);
            }
            Found::Extension(extension) => part.counted += u64::from(extension.counted),
            Found::Link(link) => part.tree.take_link(*link),
            Found::Space(space) => {
                map.inspect(|map| map.of_space(&space, &mut part.claims));
            }
            Found::Problem(problem) => part.problems.push(problem),
        });
    part.problems.extend(failed);
    part
}
