//! Streams that are stored as a table of chunk offsets and the chunks, like a resource of a WIM
//! file.

use std::ops::{ControlFlow, Range};

use byte_source::{BadReason, Piece, Scratch, Source, Visitor, index, length};
use codec::{Codec, Undecodable};

use super::unit_buffers::UnitBuffers;
use super::visit_runs;
use crate::{Coded, Place, Run};

/// How the chunks of a stream are coded, and what a chunk is called in a [`BadReason`].
#[derive(Clone, Copy)]
pub(super) struct ChunkCoding {
    pub(super) codec: Codec,
    pub(super) chunk: &'static str,
}

/// Hands over the decoded bytes in `wanted` of a stream of `size` bytes. A chunk that cannot be
/// decoded is bad as a whole.
pub(super) fn pump(
    volume: &dyn Source,
    coded: &Coded,
    coding: ChunkCoding,
    (wanted, size): (Range<u64>, u64),
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    if wanted.is_empty() {
        return ControlFlow::Continue(());
    }
    let table = Table::new(coded, size);
    if !table.fits(coded, size) {
        let reason = BadReason::Undecodable { unit: coding.chunk, number: 0 };
        return each(Piece::Bad(wanted.end.saturating_sub(wanted.start), reason));
    }
    let mut buffers = std::mem::take(scratch.tools().get::<UnitBuffers>());
    let starts = starts_of(&coded.runs);
    let mut chunks = Chunks { volume, coded, coding, size, table, starts, buffers: &mut buffers };
    let flow = chunks.pump(wanted, scratch, each);
    *scratch.tools().get::<UnitBuffers>() = buffers;
    flow
}

struct Chunks<'a> {
    volume: &'a dyn Source,
    coded: &'a Coded,
    coding: ChunkCoding,
    size: u64,
    table: Table,
    /// Where each run begins in the coded data.
    starts: Vec<u64>,
    buffers: &'a mut UnitBuffers,
}

/// The table of chunk offsets, and a window of it in memory.
struct Table {
    /// Length in bytes.
    len: u64,
    entry_bytes: u64,
    /// The bytes of the window.
    bytes: Vec<u8>,
    /// Where the window begins.
    start: u64,
    fault: Option<BadReason>,
}

impl Table {
    /// The table of a stream of `size` bytes.
    fn new(coded: &Coded, size: u64) -> Self {
        let entry_bytes: u64 = if size > u64::from(u32::MAX) { 8 } else { 4 };
        let len = chunks_of(coded, size).saturating_sub(1).saturating_mul(entry_bytes);
        Self { len, entry_bytes, bytes: Vec::new(), start: 0, fault: None }
    }

    /// Is enough stored for the table and its chunks? A chunk takes a byte or more: what is stored
    /// bounds the loop, whatever size a hostile record claims.
    fn fits(&self, coded: &Coded, size: u64) -> bool {
        let is_stored = |run: &&Run| run.place != Place::Hole;
        let stored =
            coded.runs.iter().filter(is_stored).map(|run| run.length).fold(0, u64::saturating_add);
        self.len.saturating_add(chunks_of(coded, size)) <= coded.coded_bytes.min(stored)
    }

    /// Reads the window that holds the entry at byte `offset` of the table.
    fn load(&mut self, offset: u64, volume: &dyn Source, runs: &[Run], scratch: &mut Scratch) {
        const WINDOW_BYTES: u64 = 64 << 10;
        let behind = offset.saturating_add(self.entry_bytes);
        let window_end = self.start.saturating_add(length(self.bytes.len()));
        if offset < self.start || behind > window_end {
            // The chunk before and this one ask for the same entry: begin there.
            let end = offset.saturating_add(WINDOW_BYTES).min(self.len);
            self.bytes.clear();
            self.start = offset;
            self.fault = collect(volume, runs, offset..end, scratch, &mut self.bytes);
        }
    }

    /// The entry at byte `offset` of the table, from the window.
    fn entry(&self, offset: u64) -> Result<u64, BadReason> {
        let bytes = self.bytes.get(index(offset.saturating_sub(self.start))..).unwrap_or_default();
        let entry = match self.entry_bytes {
            8 => bytes.first_chunk::<8>().map(|entry| u64::from_le_bytes(*entry)),
            _ => bytes.first_chunk::<4>().map(|entry| u64::from(u32::from_le_bytes(*entry))),
        };
        entry.ok_or(self.fault.unwrap_or(BadReason::LayoutEnds))
    }
}

/// Chunks of a stream of `size` bytes.
fn chunks_of(coded: &Coded, size: u64) -> u64 {
    size.div_ceil(u64::from(coded.unit_bytes.max(1)))
}

impl<'a> Chunks<'a> {
    fn pump(
        &mut self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let from = range.start;
        let to = range.end.min(self.size);
        let unit_bytes = u64::from(self.coded.unit_bytes.max(1));
        let mut number = from.checked_div(unit_bytes).unwrap_or(0);
        let mut done = number.saturating_mul(unit_bytes);
        while done < to {
            let count = unit_bytes.min(self.size.saturating_sub(done));
            // Bytes of the first chunk, and of the last one, that are not wanted.
            let skip = from.saturating_sub(done);
            let wanted = skip..count.min(to.saturating_sub(done));
            self.chunk(number, count, wanted, scratch, each)?;
            done = done.saturating_add(count);
            number = number.saturating_add(1);
        }
        ControlFlow::Continue(())
    }

    /// Hands over `wanted` of the `count` decoded bytes of a chunk.
    fn chunk(
        &mut self,
        number: u64,
        count: u64,
        wanted: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let wanted_bytes = wanted.end.saturating_sub(wanted.start);
        let range = match self.range(number, scratch) {
            Ok(range) => range,
            Err(reason) => return each(Piece::Bad(wanted_bytes, reason)),
        };
        if range.end.saturating_sub(range.start) == count {
            // A chunk that did not become shorter is stored as it is.
            let first = range.start.saturating_add(wanted.start);
            let (runs, within) = self.within(first..first.saturating_add(wanted_bytes));
            return visit_runs(self.volume, runs, within, scratch, each);
        }
        match self.decode(range, count, number, scratch) {
            Ok(bytes) => {
                let end = wanted.start.saturating_add(wanted_bytes);
                let bytes = bytes.get(index(wanted.start)..index(end)).unwrap_or_default();
                each(Piece::Data { bytes, at: u64::MAX })
            }
            Err(reason) => each(Piece::Bad(wanted_bytes, reason)),
        }
    }

    /// Where chunk `number` lies in the coded data.
    fn range(&mut self, number: u64, scratch: &mut Scratch) -> Result<Range<u64>, BadReason> {
        let undecodable = BadReason::Undecodable { unit: self.coding.chunk, number };
        // The table holds the ends of all chunks but the last, from the end of the table on.
        let start = match number.checked_sub(1) {
            None => self.table.len,
            Some(before) => self.end(before, scratch)?,
        };
        let is_last =
            number.saturating_add(1).saturating_mul(self.table.entry_bytes) > self.table.len;
        let end = if is_last { self.coded.coded_bytes } else { self.end(number, scratch)? };
        let count = end.checked_sub(start).ok_or(undecodable)?;
        let fits =
            count > 0 && count <= u64::from(self.coded.unit_bytes) && end <= self.coded.coded_bytes;
        if fits { Ok(start..end) } else { Err(undecodable) }
    }

    /// Where chunk `number` ends by the table, counted from the start of the coded data.
    fn end(&mut self, number: u64, scratch: &mut Scratch) -> Result<u64, BadReason> {
        let offset = number.saturating_mul(self.table.entry_bytes);
        self.table.load(offset, self.volume, &self.coded.runs, scratch);
        Ok(self.table.len.saturating_add(self.table.entry(offset)?))
    }

    fn decode(
        &mut self,
        range: Range<u64>,
        count: u64,
        number: u64,
        scratch: &mut Scratch,
    ) -> Result<&[u8], BadReason> {
        let (runs, within) = self.within(range);
        self.buffers.coded.clear();
        if let Some(reason) = collect(self.volume, runs, within, scratch, &mut self.buffers.coded) {
            return Err(reason);
        }
        self.buffers
            .decode(self.coding.codec, index(count), scratch)
            .map_err(|Undecodable| BadReason::Undecodable { unit: self.coding.chunk, number })
    }

    /// The runs from the one that holds the start of `range` on, and the range counted from there.
    fn within(&self, range: Range<u64>) -> (&'a [Run], Range<u64>) {
        let first = self.starts.partition_point(|start| *start <= range.start).saturating_sub(1);
        let start = self.starts.get(first).copied().unwrap_or(0);
        let runs = self.coded.runs.get(first..).unwrap_or_default();
        (runs, range.start.saturating_sub(start)..range.end.saturating_sub(start))
    }
}

/// Where each of the runs begins, counted from the start of the first.
fn starts_of(runs: &[Run]) -> Vec<u64> {
    let begin = |end: &mut u64, run: &Run| {
        let start = *end;
        *end = start.saturating_add(run.length);
        Some(start)
    };
    runs.iter().scan(0, begin).collect()
}

/// Adds the bytes of `range` to `bytes`; returns why some could not be read.
fn collect(
    volume: &dyn Source,
    runs: &[Run],
    range: Range<u64>,
    scratch: &mut Scratch,
    bytes: &mut Vec<u8>,
) -> Option<BadReason> {
    let mut fault = None;
    let _ = visit_runs(volume, runs, range, scratch, &mut |piece| {
        match piece {
            Piece::Data { bytes: these, .. } => bytes.extend_from_slice(these),
            Piece::Zero(count) => {
                let length = index(length(bytes.len()).saturating_add(count));
                bytes.resize(length, 0);
            }
            Piece::Bad(_, reason) => {
                fault = Some(reason);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    fault
}
