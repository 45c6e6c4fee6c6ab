//! The runs of all block tables, sorted by their place on the medium.

use std::sync::Arc;

use byte_source::{BadReason, Problem, ProblemKind, Scratch, Source, length};
use codec::Codec;
use words::term;

use super::block_table::{BlockTable, Entry, IGNORED};
use crate::mapped_medium::{Coded, Layout, Place, Stretch};
use crate::problems::{inconsistent, unsupported};

/// Bytes of a sector.
const SECTOR_BYTES: u64 = 512;
/// Decoded bytes of a chunk at most; tools write 256 KiB to 1 MiB, QEMU accepts as many as this.
const MOST_UNIT_BYTES: u64 = 64 << 20;

/// Kinds of runs.
const ZERO: u32 = 0;
const RAW: u32 = 1;
const ADC: u32 = 0x8000_0004;
const ZLIB: u32 = 0x8000_0005;
const BZIP2: u32 = 0x8000_0006;
const LZFSE: u32 = 0x8000_0007;
const LZMA: u32 = 0x8000_0008;
const COMMENT: u32 = 0x7fff_fffe;
const TERMINATOR: u32 = u32::MAX;

/// A run on the medium, in bytes.
#[derive(Clone, Copy)]
struct Run {
    start: u64,
    bytes: u64,
    place: Stored,
}

#[derive(Clone, Copy)]
enum Stored {
    Zero,
    Raw { at: u64, bytes: u64 },
    Coded { at: u64, bytes: u64, codec: Codec },
    Unknown,
}

/// The map of an image.
pub(super) struct Runs(Vec<Run>);

impl Run {
    /// Where the bytes of run `number` are from byte `skip` on: `bytes` at most.
    fn stretch(&self, number: u64, skip: u64, mut bytes: u64) -> Stretch {
        let place = match self.place {
            Stored::Zero => Place::Zero,
            Stored::Raw { bytes: stored, .. } if skip >= stored => {
                Place::Bad(BadReason::LayoutEnds)
            }
            Stored::Raw { at, bytes: stored } => {
                bytes = bytes.min(stored.saturating_sub(skip));
                Place::File { file: 0, at: at.saturating_add(skip) }
            }
            Stored::Coded { at, bytes: stored_bytes, codec } => {
                let unit = Coded { number, file: 0, at, stored_bytes, bytes: self.bytes, codec };
                Place::Coded { unit, skip }
            }
            Stored::Unknown => Place::Bad(BadReason::Opaque(term!("dmg.udif-run-kind-size-not"))),
        };
        Stretch { bytes, place }
    }
}

impl Runs {
    /// Sorts the runs of all tables; those that overlap are said.
    pub(super) fn new(
        tables: &[BlockTable],
        data_fork_offset: u64,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        let mut unknown = None;
        for entry in tables.iter().flat_map(|table| &table.entries) {
            if matches!(entry.kind, COMMENT | TERMINATOR) || entry.sectors == 0 {
                continue;
            }
            let run = Run::of(entry, data_fork_offset);
            if matches!(run.place, Stored::Unknown) {
                unknown = Some(entry.kind);
            }
            runs.push(run);
        }
        if let Some(kind) = unknown {
            problems.push(unsupported(
                "UDIF block table",
                0,
                term!("dmg.kind-size-run"),
                kind.into(),
            ));
        }
        Self::in_order(runs, problems)
    }

    /// Puts runs in their order on the medium.
    fn in_order(mut runs: Vec<Run>, problems: &mut Vec<Problem>) -> Self {
        runs.sort_by_key(|run| run.start);
        if runs.windows(2).any(|pair| matches!(pair, [one, next] if one.end() > next.start)) {
            problems.push(inconsistent(
                "UDIF block table",
                0,
                term!("dmg.runs-overlap-where-do-later"),
            ));
        }
        Self(runs)
    }

    /// Says when the runs do not cover the medium.
    pub(super) fn check(&self, medium_bytes: u64, problems: &mut Vec<Problem>) {
        let covered = self.0.iter().fold(0, |covered: u64, run| {
            if run.start <= covered { covered.max(run.end()) } else { covered }
        });
        if covered < medium_bytes {
            problems.push(Problem::damage(
                "UDIF block table",
                0,
                ProblemKind::OutOfBounds { wanted_end: medium_bytes, available: covered },
            ));
        }
    }

    /// Bytes of the largest unit that is decoded as a whole; 0 when nothing is coded.
    pub(super) fn largest_unit(&self) -> u64 {
        let coded = self.0.iter().filter(|run| matches!(run.place, Stored::Coded { .. }));
        coded.map(|run| run.bytes).max().unwrap_or(0)
    }
}

impl Run {
    fn of(entry: &Entry, data_fork_offset: u64) -> Self {
        let at = data_fork_offset.saturating_add(entry.offset);
        let stored = entry.length;
        let bytes = entry.sectors.saturating_mul(SECTOR_BYTES);
        let coded = |codec| {
            if bytes > MOST_UNIT_BYTES {
                Stored::Unknown
            } else {
                Stored::Coded { at, bytes: stored, codec }
            }
        };
        let place = match entry.kind {
            ZERO | IGNORED => Stored::Zero,
            RAW => Stored::Raw { at, bytes: stored },
            ADC => coded(Codec::Adc),
            ZLIB => coded(Codec::Zlib),
            BZIP2 => coded(Codec::Bzip2),
            LZFSE => coded(Codec::Lzfse),
            LZMA => coded(Codec::Xz),
            _ => Stored::Unknown,
        };
        Self { start: entry.sector.saturating_mul(SECTOR_BYTES), bytes, place }
    }

    fn end(&self) -> u64 {
        self.start.saturating_add(self.bytes)
    }
}

impl Layout for Runs {
    fn stretch(&self, at: u64, _: &[Arc<dyn Source>], _: &mut Scratch) -> Stretch {
        let next = self.0.partition_point(|run| run.start <= at);
        let until_next = self.0.get(next).map_or(u64::MAX, |run| run.start.saturating_sub(at));
        let found = next.checked_sub(1).and_then(|number| Some((number, self.0.get(number)?)));
        let Some((number, run)) = found.filter(|(_, run)| at < run.end()) else {
            return Stretch { bytes: until_next, place: Place::Bad(BadReason::LayoutEnds) };
        };
        let bytes = run.end().saturating_sub(at).min(until_next);
        run.stretch(length(number), at.saturating_sub(run.start), bytes)
    }
}
