//! Files that the Windows Overlay Filter keeps compressed ("CompactOS"): the content is empty, its compressed form lies in the
//! stream `WofCompressedData`, as a table of chunk offsets and the chunks, like a resource of a WIM file.

use std::ops::{ControlFlow, Range};

use byte_source::{BadReason, Piece, Problem, ProblemKind, Scratch, Source, Visitor, index, length};

use super::lz77::Undecodable;
use super::lzx::Lzx;
use super::reparse_point::Wof;
use super::xpress_huffman::XpressHuffman;
use crate::{Codec, Coded, Layout, Place, Run, Stream, StreamKind, visit_runs};

/// `WofCompressedData` in UTF-16LE.
pub(super) const STREAM_NAME: &[u8] = b"W\0o\0f\0C\0o\0m\0p\0r\0e\0s\0s\0e\0d\0D\0a\0t\0a\0";

/// Decoded bytes of a chunk.
fn chunk_bytes(codec: Codec) -> u32 {
    match codec {
        Codec::WofXpress4k => 4 << 10,
        Codec::WofXpress8k => 8 << 10,
        Codec::WofXpress16k => 16 << 10,
        Codec::WofLzx | Codec::Lznt1 => 32 << 10,
    }
}

/// Makes the content of a file show what its compressed stream decodes to.
pub(super) fn overlay(streams: &mut [Stream], wof: Wof, at: u64, problems: &mut Vec<Problem>) {
    let mut stored = None;
    for stream in streams.iter_mut().filter(|stream| stream.name == STREAM_NAME) {
        stream.kind = StreamKind::Stored;
        stored = Some((stream.layout.clone(), stream.size));
    }
    let Some(content) = streams.iter_mut().find(|stream| stream.kind == StreamKind::Data) else { return };
    let codec = match wof {
        Wof::File(codec) => codec,
        Wof::Wim => {
            content.layout = Layout::Unsupported("data that lies in a WIM file (Windows Overlay Filter)");
            return;
        }
        Wof::Unknown => {
            content.layout = Layout::Unsupported("an unknown way of the Windows Overlay Filter");
            return;
        }
    };
    let (runs, coded_bytes) = match stored {
        Some((Layout::Runs(runs), size)) => (runs, size),
        Some((Layout::Inline { runs, .. }, size)) => (runs, size),
        Some(_) => {
            content.layout = Layout::Unsupported("WofCompressedData that is itself compressed or encrypted");
            return;
        }
        None => {
            let how = "the reparse point says that the data lies in WofCompressedData, which is not there";
            problems.push(Problem::damage("$REPARSE_POINT", at, ProblemKind::Inconsistent(how)));
            content.layout = Layout::Lost("the stream WofCompressedData is not there");
            return;
        }
    };
    content.valid = content.size;
    content.layout = Layout::Coded(Coded { codec, unit_bytes: chunk_bytes(codec), coded_bytes, runs });
}

/// Hands over the decoded bytes in `wanted`, which ends at the size. A chunk that cannot be decoded is bad as a whole.
pub(super) fn pump(
    volume: &dyn Source,
    coded: &Coded,
    wanted: Range<u64>,
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let size = wanted.end;
    let chunks = size.div_ceil(u64::from(coded.unit_bytes.max(1)));
    if wanted.is_empty() {
        return ControlFlow::Continue(());
    }
    let entry_bytes: u64 = if size > u64::from(u32::MAX) { 8 } else { 4 };
    let table_bytes = chunks.saturating_sub(1).saturating_mul(entry_bytes);
    // A chunk takes a byte or more: what is stored bounds the loop, whatever size a hostile record claims.
    let is_stored = |run: &&Run| run.place != Place::Hole;
    let stored = coded.runs.iter().filter(is_stored).map(|run| run.length).fold(0, u64::saturating_add);
    if table_bytes.saturating_add(chunks) > coded.coded_bytes.min(stored) {
        let reason = BadReason::Undecodable { unit: unit_name(coded.codec), number: 0 };
        return each(Piece::Bad(size.saturating_sub(wanted.start), reason));
    }
    let mut decoder = std::mem::take(scratch.tools().get::<Decoder>());
    let mut chunks = Chunks {
        volume,
        coded,
        size,
        table_bytes,
        entry_bytes,
        table: Table::default(),
        starts: starts_of(&coded.runs),
        decoder: &mut decoder,
    };
    let flow = chunks.pump(wanted.start, scratch, each);
    *scratch.tools().get::<Decoder>() = decoder;
    flow
}

fn unit_name(codec: Codec) -> &'static str {
    match codec {
        Codec::WofXpress4k | Codec::WofXpress8k | Codec::WofXpress16k => "WOF XPRESS chunk",
        Codec::WofLzx | Codec::Lznt1 => "WOF LZX chunk",
    }
}

struct Chunks<'a> {
    volume: &'a dyn Source,
    coded: &'a Coded,
    size: u64,
    table_bytes: u64,
    entry_bytes: u64,
    table: Table,
    /// Where each run begins in the coded data.
    starts: Vec<u64>,
    decoder: &'a mut Decoder,
}

/// A window of the table of chunk offsets.
#[derive(Default)]
struct Table {
    bytes: Vec<u8>,
    start: u64,
    fault: Option<BadReason>,
}

/// A worker's buffers and tables.
#[derive(Default)]
struct Decoder {
    coded: Vec<u8>,
    decoded: Vec<u8>,
    xpress: XpressHuffman,
    lzx: Lzx,
}

impl<'a> Chunks<'a> {
    fn pump(&mut self, from: u64, scratch: &mut Scratch, each: &mut Visitor<'_>) -> ControlFlow<()> {
        let unit_bytes = u64::from(self.coded.unit_bytes);
        let mut number = from.checked_div(unit_bytes).unwrap_or(0);
        let mut done = number.saturating_mul(unit_bytes);
        while done < self.size {
            let count = unit_bytes.min(self.size.saturating_sub(done));
            // Bytes of the first chunk that are not wanted.
            let skip = from.saturating_sub(done);
            let wanted = count.saturating_sub(skip);
            match self.range(number, scratch) {
                Err(reason) => each(Piece::Bad(wanted, reason))?,
                // A chunk that did not become shorter is stored as it is.
                Ok(range) if range.end.saturating_sub(range.start) == count => {
                    let (runs, within) = self.within(range.start.saturating_add(skip)..range.end);
                    visit_runs(self.volume, runs, within, scratch, each)?;
                }
                Ok(range) => match self.decode(range, count, number, scratch) {
                    Ok(bytes) => {
                        let bytes = bytes.get(index(skip)..).unwrap_or_default();
                        each(Piece::Data { bytes, at: u64::MAX })?;
                    }
                    Err(reason) => each(Piece::Bad(wanted, reason))?,
                },
            }
            done = done.saturating_add(count);
            number = number.saturating_add(1);
        }
        ControlFlow::Continue(())
    }

    /// Where chunk `number` lies in the coded data.
    fn range(&mut self, number: u64, scratch: &mut Scratch) -> Result<Range<u64>, BadReason> {
        let undecodable = BadReason::Undecodable { unit: unit_name(self.coded.codec), number };
        // The table holds the ends of all chunks but the last, from the end of the table on.
        let start = match number.checked_sub(1) {
            None => self.table_bytes,
            Some(before) => self.end(before, scratch)?,
        };
        let is_last = number.saturating_add(1).saturating_mul(self.entry_bytes) > self.table_bytes;
        let end = if is_last { self.coded.coded_bytes } else { self.end(number, scratch)? };
        let count = end.checked_sub(start).ok_or(undecodable)?;
        let fits = count > 0 && count <= u64::from(self.coded.unit_bytes) && end <= self.coded.coded_bytes;
        if fits { Ok(start..end) } else { Err(undecodable) }
    }

    /// An entry of the table, counted from the start of the coded data.
    fn end(&mut self, number: u64, scratch: &mut Scratch) -> Result<u64, BadReason> {
        const WINDOW_BYTES: u64 = 64 << 10;
        let offset = number.saturating_mul(self.entry_bytes);
        let behind = offset.saturating_add(self.entry_bytes);
        let window_end = self.table.start.saturating_add(length(self.table.bytes.len()));
        if offset < self.table.start || behind > window_end {
            // The chunk before and this one ask for the same entry: begin there.
            let end = offset.saturating_add(WINDOW_BYTES).min(self.table_bytes);
            self.table.bytes.clear();
            self.table.start = offset;
            self.table.fault =
                collect(self.volume, &self.coded.runs, offset..end, scratch, &mut self.table.bytes);
        }
        let from = index(offset.saturating_sub(self.table.start));
        let bytes = self.table.bytes.get(from..).unwrap_or_default();
        let entry = match self.entry_bytes {
            8 => bytes.first_chunk::<8>().map(|entry| u64::from_le_bytes(*entry)),
            _ => bytes.first_chunk::<4>().map(|entry| u64::from(u32::from_le_bytes(*entry))),
        };
        let entry = entry.ok_or(self.table.fault.unwrap_or(BadReason::LayoutEnds))?;
        Ok(self.table_bytes.saturating_add(entry))
    }

    fn decode(
        &mut self,
        range: Range<u64>,
        count: u64,
        number: u64,
        scratch: &mut Scratch,
    ) -> Result<&[u8], BadReason> {
        let (runs, within) = self.within(range);
        let Decoder { coded, decoded, xpress, lzx } = &mut *self.decoder;
        coded.clear();
        if let Some(reason) = collect(self.volume, runs, within, scratch, coded) {
            return Err(reason);
        }
        let size = index(count);
        let result = match self.coded.codec {
            Codec::WofXpress4k | Codec::WofXpress8k | Codec::WofXpress16k => {
                xpress.decode(coded, size, decoded)
            }
            Codec::WofLzx => lzx.decode(coded, size, decoded),
            Codec::Lznt1 => Err(Undecodable),
        };
        let unit = unit_name(self.coded.codec);
        result.map_err(|_| BadReason::Undecodable { unit, number })?;
        Ok(decoded)
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
