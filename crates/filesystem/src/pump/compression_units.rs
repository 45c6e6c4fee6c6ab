//! Streams in compression units: a unit takes the place of its decoded bytes in the runs, and a
//! hole makes up for what the coding saved.

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

/// Hands over the bytes in `wanted` of what `coded` holds. A unit that cannot be decoded is bad as
/// a whole.
pub(super) fn pump(
    volume: &dyn Source,
    coded: &Coded,
    wanted: Range<u64>,
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let unit_bytes = u64::from(coded.unit_bytes.max(1));
    let mut buffers = std::mem::take(scratch.tools().get::<UnitBuffers>());
    let cursor = Cursor { runs: &coded.runs, start: 0 };
    let mut units = Units { volume, unit_bytes, cursor, buffers: &mut buffers };
    let before = wanted.start.checked_rem(unit_bytes).unwrap_or(0);
    let mut start = wanted.start.saturating_sub(before);
    let mut flow = ControlFlow::Continue(());
    while start < wanted.end && flow.is_continue() {
        let (unit, end) = units.cursor.units(start, unit_bytes);
        flow = units.visit(unit, start..end, &wanted, scratch, each);
        start = end;
    }
    *scratch.tools().get::<UnitBuffers>() = buffers;
    flow
}

/// The compression units of a stream.
struct Units<'a> {
    volume: &'a dyn Source,
    unit_bytes: u64,
    cursor: Cursor<'a>,
    buffers: &'a mut UnitBuffers,
}

impl Units<'_> {
    /// Hands over what of the units in `range`, where the cursor stands, is wanted.
    fn visit(
        &mut self,
        unit: Unit,
        range: Range<u64>,
        wanted: &Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let part = range.start.max(wanted.start)..range.end.min(wanted.end);
        match unit {
            Unit::Hole => each(Piece::Zero(part.end.saturating_sub(part.start))),
            Unit::Raw => {
                let within = self.cursor.within(&part);
                visit_runs(self.volume, self.cursor.runs, within, scratch, each)
            }
            Unit::Compressed => self.compressed(range, &part, scratch, each),
        }
    }
    /// Hands over `wanted` of the compressed unit `unit`, where the cursor stands.
    fn compressed(
        &mut self,
        unit: Range<u64>,
        wanted: &Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let count = wanted.end.saturating_sub(wanted.start);
        let first = wanted.start.saturating_sub(unit.start);
        match self.decode(&unit, scratch) {
            Ok(bytes) => {
                let bytes = bytes.get(index(first)..index(first.saturating_add(count)));
                each(Piece::Data { bytes: bytes.unwrap_or_default(), at: u64::MAX })
            }
            Err(reason) => each(Piece::Bad(count, reason)),
        }
    }

    /// Decodes a unit: the clusters that are there, one behind the other.
    fn decode(&mut self, unit: &Range<u64>, scratch: &mut Scratch) -> Result<&[u8], BadReason> {
        const UNIT: &str = "LZNT1 unit";
        let number = unit.start.checked_div(self.unit_bytes).unwrap_or(0);
        let within = self.cursor.within(unit);
        let coded = &mut self.buffers.coded;
        collect(self.volume, self.cursor.runs, within, coded, scratch).map_or(Ok(()), Err)?;
        let size = index(unit.end.saturating_sub(unit.start));
        self.buffers
            .decode(Codec::Lznt1, size, scratch)
            .map_err(|Undecodable| BadReason::Undecodable { unit: UNIT, number })
    }
}

/// Position in the runs: those from the one that holds the position on.
struct Cursor<'a> {
    runs: &'a [Run],
    /// Position in the stream of the first of them.
    start: u64,
}

impl Cursor<'_> {
    /// What the unit that begins at `start` is, and where the units like it in the same run end.
    /// Moves on to `start`.
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
        let mut at = self.start;
        let mut has_holes = false;
        let mut has_stored = false;
        for run in self.runs {
            if at >= end {
                break;
            }
            match run.place {
                Place::Hole => has_holes = true,
                _ => has_stored = true,
            }
            at = at.saturating_add(run.length);
        }
        match (has_stored, has_holes) {
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

/// Fills `coded` with the bytes in `range` of the runs. Returns why some could not be read.
fn collect(
    volume: &dyn Source,
    runs: &[Run],
    range: Range<u64>,
    coded: &mut Vec<u8>,
    scratch: &mut Scratch,
) -> Option<BadReason> {
    coded.clear();
    let mut fault = None;
    let _ = visit_runs(volume, runs, range, scratch, &mut |piece| {
        match piece {
            Piece::Data { bytes, .. } => coded.extend_from_slice(bytes),
            // Holes stand behind the coded data: they only make up the unit's length. Zeros that a
            // source stores as a hole are coded data, but end it as well.
            Piece::Zero(count) => {
                let length = index(length(coded.len()).saturating_add(count));
                coded.resize(length, 0);
            }
            Piece::Bad(_, reason) => fault = fault.or(Some(reason)),
        }
        ControlFlow::Continue(())
    });
    fault
}
