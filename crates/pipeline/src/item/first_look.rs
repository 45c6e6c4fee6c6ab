//! The first look at a file system: names, directories, counts, problems.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use analysis::Analysers;
use byte_source::{Problem, Scratch, Source};
use case_model::StopToken;
use evidence::{Gatherer, Names, OnMedium, Tree, gather_names_and};
use filesystem::{Census, FileSystem, Record, Space};
use hash_engine::Selection;

use crate::ScanError;
use crate::error::unless_stopped;
use crate::item::claims::{Claim, ClaimMap, DoubleClaims};
use crate::item::part_digest::plan_of_part;
use crate::item::rows::record_facts;
use crate::sweep::{Draft, PlannedStreams, StreamClass, classify, draft};
use crate::workers::isolation::{WorkerNotes, guarded};

/// What a first look gave.
pub(crate) struct FirstLook {
    pub(crate) tree: Tree,
    /// Records and extensions that the metadata should count.
    pub(crate) counted: u64,
    /// Bytes of all streams, as an estimate of the work.
    pub(crate) stream_bytes: u64,
    pub(crate) problems: Vec<Problem>,
    pub(crate) census: Census,
    pub(crate) unallocated_bytes: u64,
    pub(crate) parts: Vec<Range<u64>>,
    /// For each part, a digest of the streams that the sweep must read, with their places.
    pub(crate) planned: Vec<[u8; 32]>,
    /// Space that is claimed more than once.
    pub(crate) claims: DoubleClaims,
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
    pub(crate) analysers: &'p Analysers,
    pub(crate) stop: &'p StopToken,
}

/// What is taken of one part of a record table.
#[derive(Default)]
struct PartContent {
    drafts: Vec<Draft>,
    /// Counted only when the part was read to its end: what is read again must not claim twice.
    claims: Vec<Claim>,
}

/// Takes streams and claims while names are gathered.
struct StreamsAndClaims<'g> {
    plans: &'g Plans<'g>,
    medium: &'g OnMedium<'g>,
    map: &'g ClaimMap,
    parts_done: AtomicUsize,
}

impl Gatherer for StreamsAndClaims<'_> {
    type Taken = PartContent;
    /// The digest of the part's plan.
    type Made = [u8; 32];

    fn take_record(&self, taken: &mut PartContent, record: Record) {
        self.map.of_record(&record, &mut taken.claims);
        let swept = record
            .streams
            .iter()
            .filter(|stream| matches!(classify(stream, self.plans.selection), StreamClass::Swept));
        taken.drafts.extend(swept.map(|stream| {
            let facts =
                self.plans.analysers.facts(stream.size, || record_facts(record.allocation, stream));
            draft(stream, facts.record, self.medium)
        }));
    }

    fn take_space(&self, taken: &mut PartContent, space: &Space) {
        self.map.of_space(space, &mut taken.claims);
    }

    fn finish(&self, part: usize, taken: PartContent) -> [u8; 32] {
        self.map.take(&taken.claims);
        if let Some(medium) = self.plans.lent
            && self
                .parts_done
                .fetch_add(1, Ordering::Relaxed)
                .saturating_add(1)
                .is_multiple_of(RELEASED_EVERY)
        {
            medium.release(0..medium.len());
        }
        let digest = plan_of_part(&taken.drafts);
        let part = self.plans.parts_before.saturating_add(part);
        self.plans.streams.add(part, self.plans.volume, taken.drafts);
        digest
    }
}

/// Scans all records of a file system for everything but content. Must run on a pool.
///
/// # Errors
/// [`ScanError::Stopped`] after a stop.
pub(crate) fn gather(
    file_system: &dyn FileSystem,
    medium: &OnMedium<'_>,
    plans: &Plans<'_>,
) -> Result<FirstLook, ScanError> {
    let spill = Arc::clone(plans.streams.spill());
    let map = ClaimMap::new(file_system);
    let gatherer = StreamsAndClaims { plans, medium, map: &map, parts_done: AtomicUsize::new(0) };
    let (names, planned) =
        gather_names_and(file_system, spill, &WorkerNotes, plans.stop, &gatherer);
    unless_stopped(plans.stop)?;
    let Names { tree, counted, stream_bytes, mut problems, parts } = names;
    plans.streams.set_parts(plans.parts_before.saturating_add(parts.len()));
    let claims = DoubleClaims::find(file_system, &parts, &map, &tree, medium, plans.stop);
    unless_stopped(plans.stop)?;
    problems.extend(claims.limit.clone());
    let mut scratch = Scratch::new();
    let census = census_of(file_system, &mut scratch);
    problems.extend(census.problems.iter().cloned());
    unless_stopped(plans.stop)?;
    let (unallocated_bytes, left) = unallocated_of(file_system, &mut scratch);
    problems.extend(left);
    problems.sort();
    problems.dedup();
    Ok(FirstLook {
        tree,
        counted,
        stream_bytes,
        problems,
        census,
        unallocated_bytes,
        parts,
        planned,
        claims,
    })
}

/// Takes the metadata's own counts. A reader that fails gives none, and a problem.
fn census_of(file_system: &dyn FileSystem, scratch: &mut Scratch) -> Census {
    guarded(|| file_system.census(scratch))
        .unwrap_or_else(|problem| Census { problems: vec![problem], ..Census::default() })
}

/// Counts the bytes of unallocated space. Returns what of it could not be told, too.
fn unallocated_of(file_system: &dyn FileSystem, scratch: &mut Scratch) -> (u64, Vec<Problem>) {
    let mut bytes = 0_u64;
    let left = guarded(|| {
        file_system.unallocated(scratch, &mut |range| {
            bytes = bytes.saturating_add(range.end.saturating_sub(range.start));
        })
    });
    (bytes, left.unwrap_or_else(|problem| vec![problem]))
}
