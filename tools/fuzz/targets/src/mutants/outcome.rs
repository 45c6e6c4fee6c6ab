//! What a reading of an image finds, and how two readings compare.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use byte_source::{Piece, Problem, Scratch, Source};
use filesystem::{
    Allocation, FileSystem, Found, Layout, OpenOptions, Place, Record, RecordId, Stream, pump, recognise,
};
use volume::Role;

use super::overlay::sectors;
use crate::packed::Touched;

/// Bytes of a stream that are compared.
const MOST_STREAM_BYTES: u64 = 8 << 20;
/// Bytes of all streams that are compared.
const MOST_BYTES: u64 = 256 << 20;
/// Pieces of a stream that are looked at.
const MOST_PIECES: u32 = 100_000;
/// Things found that are kept; a mutant that gives more is over the limit.
const MOST_FOUND: usize = 2_000_000;

/// A stream, wherever it was found: start of the volume, record, position among the record's streams.
pub(super) type StreamKey = (u64, RecordId, usize);

/// What a stream is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StreamState {
    pub(super) allocated: bool,
    pub(super) size: u64,
    pub(super) digest: u64,
    pub(super) bad: u64,
}

/// What a reading found.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) streams: BTreeMap<StreamKey, StreamState>,
    /// Problems as text, with how often each was told.
    pub(super) problems: BTreeMap<String, u32>,
    /// Expected and found by each file system's own counts.
    pub(super) counts: Vec<(u64, u64, u64)>,
    /// Parts and file systems.
    pub(super) parts: Vec<String>,
    /// The limit of things found was reached.
    pub(super) over: bool,
}

/// Which sectors of the medium each stream hangs on, and what all hang on.
#[derive(Default)]
pub(super) struct Dependence {
    pub(super) streams: BTreeMap<StreamKey, Vec<Range<u64>>>,
    /// Sectors that opening read: tables, superblocks, allocation tables.
    pub(super) opening: BTreeSet<u64>,
    /// Sectors that scanning read.
    pub(super) scanning: BTreeSet<u64>,
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
    outcome.tell(&division.problems);
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
        for (recognised, format) in recognise(&*volume, &mut scratch) {
            outcome.parts.push(format!("{} {}", part.start(), recognised.kind));
            match format.open(Arc::clone(&volume), &OpenOptions::default(), &mut scratch) {
                Err(problem) => outcome.tell(&[problem]),
                Ok(file_system) => {
                    if let Some(dependence) = dependence.as_deref_mut() {
                        dependence.opening.extend(touched.take());
                        dependence.volumes.push((part.start(), file_system.summary().block_bytes.into()));
                    }
                    let mut reading =
                        Reading { outcome: &mut outcome, start: part.start(), budget: &mut budget };
                    let records = reading.scan(&*file_system, &mut scratch);
                    if let Some(dependence) = dependence.as_deref_mut() {
                        dependence.scanning.extend(touched.take());
                        hang(dependence, &touched, part.start(), &*file_system, &records, &mut scratch);
                    }
                    reading.streams(&*file_system, &records, &mut scratch);
                    drop(touched.take());
                }
            }
        }
    }
    outcome
}

impl Outcome {
    fn tell(&mut self, problems: &[Problem]) {
        for problem in problems {
            *self.problems.entry(problem.to_string()).or_default() += 1;
        }
    }
}

struct Reading<'o> {
    outcome: &'o mut Outcome,
    start: u64,
    budget: &'o mut u64,
}

impl Reading<'_> {
    fn scan(&mut self, file_system: &dyn FileSystem, scratch: &mut Scratch) -> Vec<Record> {
        self.outcome.tell(&file_system.summary().problems.clone());
        let space = file_system.record_space();
        let (mut records, mut counted, mut found, mut start) = (Vec::new(), 0, 0, 0);
        while start < space.slots && found < MOST_FOUND {
            let end = start.saturating_add(space.part.max(1)).min(space.slots);
            file_system.scan(start..end, scratch, &mut |item| {
                found += 1;
                match item {
                    Found::Record(record) => {
                        counted += u64::from(record.counted);
                        self.outcome.tell(&record.problems);
                        if found < MOST_FOUND {
                            records.push(*record);
                        }
                    }
                    Found::Extension(extension) => counted += u64::from(extension.counted),
                    Found::Problem(problem) => self.outcome.tell(&[problem]),
                    Found::Link(_) | Found::Space(_) => {}
                }
            });
            start = end;
        }
        self.outcome.over |= found >= MOST_FOUND;
        let census = file_system.census(scratch);
        self.outcome.tell(&census.problems);
        let tallies = census.tallies.iter().map(|tally| (self.start, tally.expected, counted));
        self.outcome.counts.extend(tallies);
        self.outcome.tell(&file_system.unallocated(scratch, &mut |_| {}));
        records
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
        let mut state = StreamState { allocated, size: stream.size, digest: 0xcbf2_9ce4_8422_2325, bad: 0 };
        let (mut bytes, mut pieces) = (0_u64, 0);
        let limit = MOST_STREAM_BYTES.min(*self.budget);
        let flow = pump(&**file_system.volume(), stream, scratch, &mut |piece| {
            let room = limit.saturating_sub(bytes);
            match piece {
                Piece::Data { bytes, .. } => {
                    let count = byte_source::index(room.min(byte_source::length(bytes.len())));
                    state.digest = mix(state.digest, &bytes[..count]);
                }
                Piece::Zero(count) => state.digest = zeros(state.digest, count.min(room)),
                Piece::Bad(count, _) => {
                    state.bad = state.bad.saturating_add(count);
                    state.digest = zeros(state.digest, count.min(room));
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
        assert!(flow.is_break() || bytes == stream.size, "{bytes} bytes of a stream of {}", stream.size);
        *self.budget = self.budget.saturating_sub(bytes.min(MOST_STREAM_BYTES));
        state
    }
}

/// FNV-1a: nobody tries to make two streams collide here.
fn mix(digest: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(digest, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The same for bytes that are zero.
fn zeros(digest: u64, mut count: u64) -> u64 {
    let (mut power, mut digest) = (0x0100_0000_01b3_u64, digest);
    while count > 0 {
        if count & 1 == 1 {
            digest = digest.wrapping_mul(power);
        }
        power = power.wrapping_mul(power);
        count >>= 1;
    }
    digest
}

/// Notes for every stream which sectors its record and its bytes lie in.
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
        let own: Vec<Range<u64>> = touched.take().into_iter().map(|sector| sector..sector + 1).collect();
        for (number, stream) in record.streams.iter().enumerate() {
            let mut ranges = own.clone();
            let runs = match &stream.layout {
                Layout::Runs(runs) => runs.as_slice(),
                Layout::Coded(coded) => coded.runs.as_slice(),
                _ => &[],
            };
            for run in runs {
                if let Place::At(at) | Place::Unwritten(at) = run.place {
                    let first = start.saturating_add(at);
                    ranges.push(sectors(&(first..first.saturating_add(run.length))));
                }
            }
            dependence.streams.insert((start, record.id, number), ranges);
        }
    }
}
