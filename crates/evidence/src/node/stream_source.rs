//! A stream of a file system as a source: an image file inside a file system is read in place, without a copy of it.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use byte_source::{BadReason, Piece, Scratch, Source, SourceId, Visitor};
use filesystem::{Layout, Place, Run, Stream, pump_range};

/// The bytes of a stream. Runs lend what the volume lends; coded streams are decoded unit by unit, and each worker keeps some units in its
/// [`Scratch`]. Holes are zeros, what cannot be read is bad with the reason. Pieces are placed in the stream.
pub struct StreamSource {
    volume: Arc<dyn Source>,
    stream: Stream,
    /// Where each of the runs begins in the stream; empty for streams without direct runs.
    starts: Vec<u64>,
    id: SourceId,
}

impl StreamSource {
    /// The bytes of `stream`, whose places count in `volume` (its file system's [`filesystem::FileSystem::volume`]).
    #[must_use]
    pub fn new(volume: Arc<dyn Source>, stream: Stream) -> Self {
        let begin = |end: &mut u64, run: &Run| {
            let start = *end;
            *end = start.saturating_add(run.length);
            Some(start)
        };
        let starts = match &stream.layout {
            Layout::Runs(runs) => runs.iter().scan(0, begin).collect(),
            _ => Vec::new(),
        };
        Self { volume, stream, starts, id: SourceId::new() }
    }

    fn valid(&self) -> u64 {
        self.stream.valid.min(self.stream.size)
    }

    /// The direct runs from the one that holds byte `at` on, with their starts.
    fn runs_from(&self, at: u64) -> impl Iterator<Item = (u64, &Run)> {
        let runs: &[Run] = match &self.stream.layout {
            Layout::Runs(runs) => runs,
            _ => &[],
        };
        let first = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        let starts = self.starts.get(first..).unwrap_or_default();
        starts.iter().copied().zip(runs.get(first..).unwrap_or_default())
    }

    /// The places in the volume of what `range` holds of the direct runs.
    fn places(&self, range: &Range<u64>) -> impl Iterator<Item = Range<u64>> {
        let from = range.start;
        let to = range.end.min(self.valid());
        let of_run = move |(start, run): (u64, &Run)| {
            let Place::At(at) = run.place else { return None };
            let first = from.max(start);
            let end = to.min(start.saturating_add(run.length));
            let place = at.saturating_add(first.saturating_sub(start));
            (first < end).then(|| place..place.saturating_add(end.saturating_sub(first)))
        };
        self.runs_from(from).take_while(move |(start, _)| *start < to).filter_map(of_run)
    }

    /// Visits `range`, which ends at the valid length, of direct runs.
    fn visit_runs(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let mut done = range.start;
        for (start, run) in self.runs_from(range.start) {
            let end = start.saturating_add(run.length).min(range.end);
            if start >= range.end {
                break;
            }
            let within =
                Range { start: done.saturating_sub(start), end: end.saturating_sub(start) };
            filesystem::visit_runs(
                self.volume.as_ref(),
                std::slice::from_ref(run),
                within,
                scratch,
                each,
            )?;
            done = done.max(end);
        }
        match range.end.saturating_sub(done) {
            0 => ControlFlow::Continue(()),
            lacking => each(Piece::Bad(lacking, BadReason::LayoutEnds)),
        }
    }

    /// Visits `range` of a stream of direct runs: what is stored, then the zeros after the valid length.
    fn visit_direct(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let valid = self.valid();
        let stored = range.start.min(valid)..range.end.min(valid);
        if !stored.is_empty() {
            self.visit_runs(stored, scratch, each)?;
        }
        let rest = range.start.max(valid.min(range.end))..range.end;
        pump_range(self.volume.as_ref(), &self.stream, rest, scratch, each)
    }

    /// Visits `range` of a coded stream. A small piece of one unit comes from the unit that the worker keeps.
    fn visit_coded(
        &self,
        unit_bytes: u64,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let first = range.start.checked_div(unit_bytes);
        let last = range.end.saturating_sub(1).checked_div(unit_bytes);
        let part = range.end.saturating_sub(range.start) < unit_bytes && range.end <= self.valid();
        match part && first == last {
            true => self.visit_unit(unit_bytes, range, scratch, each),
            false => pump_range(self.volume.as_ref(), &self.stream, range, scratch, each),
        }
    }

    /// Visits `range` of a coded stream, which lies in one unit, keeping the unit: metadata is read in small pieces.
    fn visit_unit(
        &self,
        unit_bytes: u64,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let number = range.start.checked_div(unit_bytes).unwrap_or(0);
        let start = number.saturating_mul(unit_bytes);
        if scratch.kept(self.id, number).is_none() && !self.keep(number, start, unit_bytes, scratch)
        {
            return pump_range(self.volume.as_ref(), &self.stream, range, scratch, each);
        }
        let from = byte_source::index(range.start.saturating_sub(start));
        let to = byte_source::index(range.end.saturating_sub(start));
        match scratch.kept(self.id, number).and_then(|unit| unit.get(from..to)) {
            Some(bytes) if !bytes.is_empty() => each(Piece::Data { bytes, at: range.start }),
            _ => pump_range(self.volume.as_ref(), &self.stream, range, scratch, each),
        }
    }

    /// Decodes a unit and keeps it. False when it holds anything but data: holes and bad pieces must stay what they are.
    fn keep(&self, number: u64, start: u64, unit_bytes: u64, scratch: &mut Scratch) -> bool {
        let range = start..start.saturating_add(unit_bytes).min(self.stream.size);
        let mut decoded = Vec::new();
        let flow =
            pump_range(
                self.volume.as_ref(),
                &self.stream,
                range,
                scratch,
                &mut |piece| match piece {
                    Piece::Data { bytes, .. } => {
                        decoded.extend_from_slice(bytes);
                        ControlFlow::Continue(())
                    }
                    Piece::Zero(_) | Piece::Bad(..) => ControlFlow::Break(()),
                },
            );
        let fill = |unit: &mut Vec<u8>, _: &mut byte_source::Tools| {
            *unit = std::mem::take(&mut decoded);
            Ok::<_, std::convert::Infallible>(())
        };
        flow.is_continue() && scratch.unit(self.id, number, fill).is_ok()
    }
}

impl Source for StreamSource {
    fn len(&self) -> u64 {
        self.stream.size
    }

    fn grain(&self) -> u32 {
        match &self.stream.layout {
            Layout::Coded(coded) => coded.unit_bytes.max(self.volume.grain()),
            _ => self.volume.grain(),
        }
    }

    fn slice(&self, range: Range<u64>) -> Option<&[u8]> {
        if range.end > self.valid() {
            return None;
        }
        if let Layout::Inline { bytes, .. } = &self.stream.layout {
            return bytes.get(byte_source::index(range.start)..byte_source::index(range.end));
        }
        let (start, run) = self.runs_from(range.start).next()?;
        let Place::At(at) = run.place else { return None };
        if range.start < start || range.end > start.saturating_add(run.length) {
            return None;
        }
        let moved = |offset: u64| at.saturating_add(offset.saturating_sub(start));
        self.volume.slice(moved(range.start)..moved(range.end))
    }

    fn prefetch(&self, range: Range<u64>) {
        self.places(&range).for_each(|place| self.volume.prefetch(place));
    }

    fn release(&self, range: Range<u64>) {
        self.places(&range).for_each(|place| self.volume.release(place));
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let mut at = range.start;
        let each = &mut |piece: Piece<'_>| {
            let here = at;
            at = at.saturating_add(piece.len());
            match piece {
                Piece::Data { bytes, .. } => each(Piece::Data { bytes, at: here }),
                other => each(other),
            }
        };
        match &self.stream.layout {
            Layout::Runs(_) => self.visit_direct(range, scratch, each),
            Layout::Coded(coded) if range.start < range.end => {
                self.visit_coded(u64::from(coded.unit_bytes.max(1)), range, scratch, each)
            }
            _ => pump_range(self.volume.as_ref(), &self.stream, range, scratch, each),
        }
    }
}

#[cfg(test)]
#[path = "stream_source_tests.rs"]
mod tests;
