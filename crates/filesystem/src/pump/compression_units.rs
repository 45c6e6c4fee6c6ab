//! Streams in compression units: a unit takes the place of its decoded bytes in the runs, and a hole makes up for what the coding saved.

use std::ops::{ControlFlow, Range};

use byte_source::{BadReason, Piece, Scratch, Source, Visitor, index, length};
use codec::{Codec, Undecodable};

use super::unit_buffers::UnitBuffers;
use super::visit_runs;
use crate::{Coded, Place, Run};

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

/// Hands over the bytes in `wanted` of what `coded` holds. A unit that cannot be decoded is bad as a whole.
pub(super) fn pump(
    volume: &dyn Source,
    coded: &Coded,
    wanted: Range<u64>,
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let unit_bytes = u64::from(coded.unit_bytes.max(1));
    let mut buffers = std::mem::take(scratch.tools().get::<UnitBuffers>());
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
                match decode(volume, cursor.runs, whole, number, &mut buffers, scratch) {
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
    *scratch.tools().get::<UnitBuffers>() = buffers;
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

/// Decodes the unit in `range` of the runs: the clusters that are there, one behind the other.
fn decode<'b>(
    volume: &dyn Source,
    runs: &[Run],
    range: Range<u64>,
    number: u64,
    buffers: &'b mut UnitBuffers,
    scratch: &mut Scratch,
) -> Result<&'b [u8], BadReason> {
    const UNIT: &str = "LZNT1 unit";
    let coded = &mut buffers.coded;
    coded.clear();
    let mut fault = None;
    let _ = visit_runs(volume, runs, range.clone(), scratch, &mut |piece| {
        match piece {
            Piece::Data { bytes, .. } => coded.extend_from_slice(bytes),
            // Holes stand behind the coded data: they only make up the unit's length. Zeros that a source stores as a hole
            // are coded data, but end it as well.
            Piece::Zero(count) => {
                let length = index(length(coded.len()).saturating_add(count));
                coded.resize(length, 0);
            }
            Piece::Bad(_, reason) => fault = fault.or(Some(reason)),
        }
        ControlFlow::Continue(())
    });
    if let Some(reason) = fault {
        return Err(reason);
    }
    let size = index(range.end.saturating_sub(range.start));
    buffers
        .decode(Codec::Lznt1, size, scratch)
        .map_err(|Undecodable| BadReason::Undecodable { unit: UNIT, number })
}
