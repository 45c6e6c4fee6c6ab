//! Decoding the units of compressed streams, for [`crate::pump`].

use std::ops::{ControlFlow, Range};

use byte_source::{BadReason, Piece, Scratch, Source, Visitor, index, length};

use super::{lznt1, wof};
use crate::{Codec, Coded, Place, Run, visit_runs};

/// Hands over the bytes in `range` of what `coded` holds. A unit that cannot be decoded is bad as a whole.
pub(crate) fn pump_coded(
    volume: &dyn Source,
    coded: &Coded,
    range: Range<u64>,
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    match coded.codec {
        Codec::Lznt1 => pump_lznt1(volume, coded, range, scratch, each),
        // Nothing of these is beyond the valid length: it is the size.
        _ => wof::pump(volume, coded, range, scratch, each),
    }
}

/// What the runs make of a compression unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// All clusters are there: the data as it is.
    Raw,
    /// None is there: zeros.
    Hole,
    /// Some are there: compressed.
    Compressed,
}

fn pump_lznt1(
    volume: &dyn Source,
    coded: &Coded,
    wanted: Range<u64>,
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let unit_bytes = u64::from(coded.unit_bytes.max(1));
    let mut decoder = std::mem::take(scratch.tools().get::<Decoder>());
    let mut cursor = Cursor { runs: &coded.runs, start: 0 };
    let before = wanted.start.checked_rem(unit_bytes).unwrap_or(0);
    let (mut start, mut flow) = (wanted.start.saturating_sub(before), ControlFlow::Continue(()));
    while start < wanted.end && flow.is_continue() {
        let (unit, end) = cursor.units(start, unit_bytes);
        let range = start.max(wanted.start)..end.min(wanted.end);
        let count = range.end.saturating_sub(range.start);
        let within = cursor.within(&range);
        flow = match unit {
            Unit::Hole => each(Piece::Zero(count)),
            Unit::Raw => visit_runs(volume, cursor.runs, within, scratch, each),
            Unit::Compressed => {
                let whole = cursor.within(&(start..end));
                let number = start.checked_div(unit_bytes).unwrap_or(0);
                match decoder.lznt1(volume, cursor.runs, whole, number, scratch) {
                    Ok(bytes) => {
                        let first = range.start.saturating_sub(start);
                        let bytes = bytes.get(index(first)..index(first.saturating_add(count)));
                        let bytes = bytes.unwrap_or_default();
                        each(Piece::Data { bytes, at: u64::MAX })
                    }
                    Err(reason) => each(Piece::Bad(count, reason)),
                }
            }
        };
        start = end;
    }
    *scratch.tools().get::<Decoder>() = decoder;
    flow
}

/// Position in the runs: those from the one that holds the position on.
struct Cursor<'a> {
    runs: &'a [Run],
    /// Position in the stream of the first of them.
    start: u64,
}

impl Cursor<'_> {
    /// What the unit that begins at `start` is, and where the units like it in the same run end. Moves on to `start`.
    fn units(&mut self, start: u64, unit_bytes: u64) -> (Unit, u64) {
        while let Some((first, behind)) = self.runs.split_first() {
            let end = self.start.saturating_add(first.length);
            if end > start {
                break;
            }
            (self.runs, self.start) = (behind, end);
        }
        let end = start.saturating_add(unit_bytes);
        let Some(first) = self.runs.first() else { return (Unit::Raw, u64::MAX) };
        let first_end = self.start.saturating_add(first.length);
        if first_end >= end {
            let units = first_end.saturating_sub(start).checked_div(unit_bytes).unwrap_or(1);
            let unit = if first.place == Place::Hole { Unit::Hole } else { Unit::Raw };
            return (unit, start.saturating_add(units.saturating_mul(unit_bytes)));
        }
        (self.mixed(end), end)
    }

    /// What a unit of several runs is.
    fn mixed(&self, end: u64) -> Unit {
        let (mut at, mut holes, mut stored) = (self.start, false, false);
        for run in self.runs {
            if at >= end {
                break;
            }
            match run.place {
                Place::Hole => holes = true,
                _ => stored = true,
            }
            at = at.saturating_add(run.length);
        }
        match (stored, holes) {
            (false, _) => Unit::Hole,
            // A layout that ends within the unit is raw as well: what it lacks reads as bad.
            (true, false) => Unit::Raw,
            (true, true) => Unit::Compressed,
        }
    }

    fn within(&self, range: &Range<u64>) -> Range<u64> {
        range.start.saturating_sub(self.start)..range.end.saturating_sub(self.start)
    }
}

/// Buffers of a worker.
#[derive(Default)]
struct Decoder {
    coded: Vec<u8>,
    decoded: Vec<u8>,
}

impl Decoder {
    /// Decodes the unit in `range` of the runs: the clusters that are there, one behind the other.
    fn lznt1(
        &mut self,
        volume: &dyn Source,
        runs: &[Run],
        range: Range<u64>,
        number: u64,
        scratch: &mut Scratch,
    ) -> Result<&[u8], BadReason> {
        const UNIT: &str = "LZNT1 unit";
        self.coded.clear();
        let mut fault = None;
        let _ = visit_runs(volume, runs, range.clone(), scratch, &mut |piece| {
            match piece {
                Piece::Data { bytes, .. } => self.coded.extend_from_slice(bytes),
                // Holes stand behind the coded data: they only make up the unit's length. Zeros that a source stores as a hole
                // are coded data, but end it as well.
                Piece::Zero(count) => {
                    let length = index(length(self.coded.len()).saturating_add(count));
                    self.coded.resize(length, 0);
                }
                Piece::Bad(_, reason) => fault = fault.or(Some(reason)),
            }
            ControlFlow::Continue(())
        });
        if let Some(reason) = fault {
            return Err(reason);
        }
        let size = index(range.end.saturating_sub(range.start));
        lznt1::decode(&self.coded, size, &mut self.decoded)
            .map_err(|_| BadReason::Undecodable { unit: UNIT, number })?;
        Ok(&self.decoded)
    }
}
