//! What a reading of an image finds, and how two readings compare.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use byte_source::{Piece, Problem, Scratch, Source};
use filesystem::{
    Allocation, FileSystem, Found, Layout, Link, OpenOptions, Place, Record, RecordId, Stream,
    pump, recognise,
};
use volume::Role;

use super::overlay::{SECTOR, sectors};
use super::rows::{Row, RowKey, hang_names, rows};
use crate::packed::Touched;

/// Bytes of a stream that are compared.
const MOST_STREAM_BYTES: u64 = 8 << 20;
/// Bytes of all streams that are compared.
const MOST_BYTES: u64 = 256 << 20;
/// Pieces of a stream that are looked at.
const MOST_PIECES: u32 = 100_000;
/// Sectors at the beginning of a volume in which boot sectors and superblocks lie.
const FIRST_SECTORS: u64 = 16;
/// Things found that are kept; a mutant that gives more is over the limit.
const MOST_FOUND: usize = 2_000_000;

/// A stream, wherever it was found: start of the volume, record, position among the record's streams.
pub(super) type StreamKey = (u64, RecordId, usize);

/// What a stream is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StreamState {
    pub(super) allocated: bool,
    pub(super) size: u64,
    /// Of the bytes that are compared; `None` when the streams before it have used the budget up.
    pub(super) digest: Option<u64>,
    pub(super) bad: u64,
}

impl StreamState {
    /// Whether two streams are the same as far as both were read.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let content = self.digest.zip(other.digest);
        let is_content_same =
            content.is_none_or(|(one, other_digest)| one == other_digest && self.bad == other.bad);
        (self.allocated, self.size) == (other.allocated, other.size) && is_content_same
    }
}

/// The place of problems that belong to no volume, but to the division of the medium.
pub(super) const MEDIUM: u64 = u64::MAX;

/// What a reading found.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) streams: BTreeMap<StreamKey, StreamState>,
    /// The records with their paths.
    pub(super) rows: BTreeMap<RowKey, Row>,
    /// Problems as text, by the start of the volume that they were told of, with how often each was told.
    pub(super) problems: BTreeMap<(u64, String), u32>,
    /// Expected and found by each file system's own counts.
    pub(super) counts: Vec<(u64, u64, u64)>,
    /// Records of the file system read last that its metadata counts.
    scanned: u64,
    /// Parts and file systems.
    pub(super) parts: Vec<String>,
    /// The limit of things found was reached.
    pub(super) over: bool,
}

/// Which sectors of the medium the record of each stream is in, and what all hang on.
#[derive(Default)]
pub(super) struct Dependence {
    pub(super) streams: BTreeMap<StreamKey, Vec<Range<u64>>>,
    /// The same for the bytes that a stream consists of.
    pub(super) content: BTreeMap<StreamKey, Vec<Range<u64>>>,
    /// The same for the record, its names, and the directories above it.
    pub(super) rows: BTreeMap<RowKey, Vec<Range<u64>>>,
    /// Sectors that were read to find volumes and file systems.
    pub(super) finding: BTreeSet<u64>,
    /// Sectors that opening read: tables, superblocks, allocation tables.
    pub(super) opening: BTreeSet<u64>,
    /// Sectors that scanning read.
    pub(super) scanning: BTreeSet<u64>,
    /// Sectors that counting read.
    pub(super) counting: BTreeSet<u64>,
    /// Sectors in which records begin.
    pub(super) records: BTreeSet<u64>,
    /// Sectors in which the entries of names begin.
    pub(super) names: BTreeSet<u64>,
    /// Start of each file system and bytes of its unit.
    pub(super) volumes: Vec<(u64, u64)>,
}

/// Reads a medium; with `dependence`, also remembers what hangs on what.
pub(super) fn read(medium: &Arc<dyn Source>, mut dependence: Option<&mut Dependence>) -> Outcome {
    let mut scratch = Scratch::new();
    let mut outcome = Outcome::default();
    let touched = Arc::new(Touched::new(Arc::clone(medium)));
    let seen: Arc<dyn Source> = match dependence {
        Some(_) => Arc::clone(&touched) as _,
        None => Arc::clone(medium),
    };
    let division = volume::divide(&seen, &mut scratch);
    outcome.tell(MEDIUM, &division.problems);
    if let Some(dependence) = dependence.as_deref_mut() {
        let read = touched.take();
        dependence.finding.extend(&read);
        dependence.opening.extend(read);
    }
    let mut budget = MOST_BYTES;
    for part in &division.volumes {
        outcome.parts.push(format!(
            "{}+{} {:?} {:?}",
            part.start(),
            part.length(),
            part.role,
            part.encryption
        ));
        if part.role != Role::Volume || part.encryption.is_some() {
            continue;
        }
        let volume = part.source(&seen);
        let recognised = recognise(&*volume, &mut scratch);
        if let Some(dependence) = dependence.as_deref_mut() {
            dependence.finding.extend(touched.take());
        }
        for (recognised, format) in recognised {
            outcome.parts.push(format!("{} {}", part.start(), recognised.kind));
            match format.open(Arc::clone(&volume), &OpenOptions::default(), &mut scratch) {
                Err(problem) => outcome.tell(part.start(), &[problem]),
                Ok(file_system) => {
                    let mut reading =
                        Reading { outcome: &mut outcome, start: part.start(), budget: &mut budget };
                    let watched =
                        dependence.as_deref_mut().map(|dependence| (dependence, &*touched));
                    reading.everything(&*file_system, watched, &mut scratch);
                }
            }
        }
    }
    outcome
}

impl Outcome {
    fn tell(&mut self, start: u64, problems: &[Problem]) {
        for problem in problems {
            *self.problems.entry((start, problem.to_string())).or_default() += 1;
        }
    }
}

struct Reading<'o> {
    outcome: &'o mut Outcome,
    start: u64,
    budget: &'o mut u64,
}

impl Reading<'_> {
    /// Reads a file system; with `watched`, notes which sectors are read for what.
    fn everything(
        &mut self,
        file_system: &dyn FileSystem,
        mut watched: Option<(&mut Dependence, &Touched)>,
        scratch: &mut Scratch,
    ) {
        if let Some((dependence, touched)) = &mut watched {
            // What was read to find the file system was read for opening it, too.
            dependence.opening.extend(touched.take());
            let first = self.start / SECTOR;
            let found = dependence.finding.range(first..first.saturating_add(FIRST_SECTORS));
            dependence.opening.extend(found.copied().collect::<Vec<_>>());
            dependence.volumes.push((self.start, file_system.summary().block_bytes.into()));
        }
        let (records, links) = self.scan(file_system, scratch);
        let (rows, problems) = rows(file_system, self.start, &records, &links);
        self.outcome.rows.extend(rows);
        self.outcome.tell(self.start, &problems);
        if let Some((dependence, touched)) = &mut watched {
            dependence.scanning.extend(touched.take());
            let sector = |at: u64| self.start.saturating_add(at) / SECTOR;
            dependence.records.extend(records.iter().map(|record| sector(record.at)));
            dependence.names.extend(links.iter().map(|link| sector(link.at)));
            hang_names(dependence, self.start, &records, &links);
        }
        self.count(file_system, scratch);
        if let Some((dependence, touched)) = &mut watched {
            dependence.counting.extend(touched.take());
            hang(dependence, touched, self.start, file_system, &records, scratch);
        }
        self.streams(file_system, &records, scratch);
        if let Some((_, touched)) = watched {
            drop(touched.take());
        }
    }

    fn scan(
        &mut self,
        file_system: &dyn FileSystem,
        scratch: &mut Scratch,
    ) -> (Vec<Record>, Vec<Link>) {
        self.outcome.tell(self.start, &file_system.summary().problems);
        let space = file_system.record_space();
        let mut records = Vec::new();
        let mut links = Vec::new();
        let mut counted = 0;
        let mut found = 0;
        let mut start = 0;
        while start < space.slots && found < MOST_FOUND {
            let end = start.saturating_add(space.part.max(1)).min(space.slots);
            file_system.scan(start..end, scratch, &mut |item| {
                found += 1;
                match item {
                    Found::Record(record) => {
                        counted += u64::from(record.counted);
                        self.outcome.tell(self.start, &record.problems);
                        if found < MOST_FOUND {
                            records.push(*record);
                        }
                    }
                    Found::Link(link) if found < MOST_FOUND => links.push(*link),
                    Found::Extension(extension) => counted += u64::from(extension.counted),
                    Found::Problem(problem) => self.outcome.tell(self.start, &[problem]),
                    Found::Link(_) | Found::Space(_) => {}
                }
            });
            start = end;
        }
        self.outcome.over |= found >= MOST_FOUND;
        self.outcome.scanned = counted;
        (records, links)
    }

    fn count(&mut self, file_system: &dyn FileSystem, scratch: &mut Scratch) {
        let census = file_system.census(scratch);
        self.outcome.tell(self.start, &census.problems);
        let counted = self.outcome.scanned;
        let tallies = census.tallies.iter().map(|tally| (self.start, tally.expected, counted));
        self.outcome.counts.extend(tallies);
        let problems = file_system.unallocated(scratch, &mut |_| {});
        self.outcome.tell(self.start, &problems);
    }

    fn streams(&mut self, file_system: &dyn FileSystem, records: &[Record], scratch: &mut Scratch) {
        for record in records {
            let allocated = record.allocation == Allocation::Allocated;
            for (number, stream) in record.streams.iter().enumerate() {
                let state = self.state(file_system, stream, allocated, scratch);
                self.outcome.streams.insert((self.start, record.id, number), state);
            }
        }
    }

    fn state(
        &mut self,
        file_system: &dyn FileSystem,
        stream: &Stream,
        allocated: bool,
        scratch: &mut Scratch,
    ) -> StreamState {
        let mut digest = 0xcbf2_9ce4_8422_2325;
        let mut bad = 0_u64;
        let mut bytes = 0_u64;
        let mut pieces = 0;
        let has_budget = *self.budget >= MOST_STREAM_BYTES;
        let limit = if has_budget { MOST_STREAM_BYTES } else { 1 };
        let flow = pump(&**file_system.volume(), stream, scratch, &mut |piece| {
            let room = limit.saturating_sub(bytes);
            match piece {
                Piece::Data { bytes, .. } => {
                    let count = byte_source::index(room.min(byte_source::length(bytes.len())));
                    digest = mix(digest, &bytes[..count]);
                }
                Piece::Zero(count) => digest = zeros(digest, count.min(room)),
                Piece::Bad(count, _) => {
                    bad = bad.saturating_add(count);
                    digest = zeros(digest, count.min(room));
                }
            }
            bytes = bytes.saturating_add(piece.len());
            pieces += 1;
            if bytes < limit && pieces < MOST_PIECES {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        assert!(
            flow.is_break() || bytes == stream.size,
            "{bytes} bytes of a stream of {}",
            stream.size
        );
        *self.budget = self.budget.saturating_sub(bytes.min(MOST_STREAM_BYTES));
        StreamState { allocated, size: stream.size, digest: has_budget.then_some(digest), bad }
    }
}

/// FNV-1a: nobody tries to make two streams collide here.
fn mix(digest: u64, bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(digest, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The same for bytes that are zero.
fn zeros(digest: u64, mut count: u64) -> u64 {
    let mut power = 0x0100_0000_01b3_u64;
    let mut digest = digest;
    while count > 0 {
        if count & 1 == 1 {
            digest = digest.wrapping_mul(power);
        }
        power = power.wrapping_mul(power);
        count >>= 1;
    }
    digest
}

/// Notes for every stream in which sectors its record and its bytes are.
fn hang(
    dependence: &mut Dependence,
    touched: &Touched,
    start: u64,
    file_system: &dyn FileSystem,
    records: &[Record],
    scratch: &mut Scratch,
) {
    for record in records {
        let _ = file_system.record(record.id, scratch);
        let own: Vec<Range<u64>> =
            touched.take().into_iter().map(|sector| sector..sector + 1).collect();
        for (number, stream) in record.streams.iter().enumerate() {
            let runs = match &stream.layout {
                Layout::Runs(runs) | Layout::Inline { runs, .. } => runs.as_slice(),
                Layout::Coded(coded) => coded.runs.as_slice(),
                _ => &[],
            };
            let places = runs.iter().filter_map(|run| match run.place {
                Place::At(at) | Place::Unwritten(at) => {
                    let first = start.saturating_add(at);
                    Some(sectors(&(first..first.saturating_add(run.length))))
                }
                Place::Hole | Place::Unknown => None,
            });
            let key = (start, record.id, number);
            dependence.content.insert(key, places.collect());
            dependence.streams.insert(key, own.clone());
        }
    }
}
