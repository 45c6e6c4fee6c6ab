//! The medium of both versions: its chunks, checked whenever they are read.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use byte_source::{
    BadReason, Piece, Problem, Scratch, Source, SourceId, Tools, Visitor, index, length, read_exact,
};
use codec::{Decoders, Undecodable};
use simd_adler32::adler32;

use super::medium_end::{self, Counted, LastChunk};
use super::placed::{Hole, Placed};
use super::stored_chunk::{Form, Stored, Table};
use crate::bounds::{inside, visit_beyond};

/// What a chunk is called in [`BadReason`].
const UNIT: &str = "EWF chunk";
/// Bytes of the Adler-32 behind a chunk that is not compressed, little-endian.
const CHECKSUM_BYTES: usize = 4;
/// Bytes that a compressed chunk may be longer than a plain one: compressors write plain bytes when that is shorter.
const COMPRESSED_EXCESS_BYTES: u64 = 64 << 10;

/// What the segment files of an image say together of the medium.
pub(crate) struct Plan<T> {
    /// The segment files.
    pub(crate) files: Vec<Arc<dyn Source>>,
    /// The tables by the number of their first chunk, without overlaps.
    pub(crate) tables: Vec<Placed<T>>,
    /// The chunks that no table holds, in their order.
    pub(crate) holes: Vec<Hole>,
    /// Chunks in all.
    pub(crate) chunks: u64,
    /// Bytes of a chunk.
    pub(crate) chunk_bytes: u64,
    /// Bytes of the medium as stated; 0 when they are not known.
    pub(crate) stated: u64,
    /// What the statement counts.
    pub(crate) counted: Counted,
}

/// The medium of an EWF image.
pub(crate) struct Chunks<T> {
    id: SourceId,
    files: Vec<Arc<dyn Source>>,
    tables: Vec<Placed<T>>,
    holes: Vec<Hole>,
    chunk_bytes: u64,
    len: u64,
}

/// The stored bytes of a chunk whose file is not in memory; reused.
#[derive(Default)]
struct Packed(Vec<u8>);

impl<T: Table> Chunks<T> {
    /// The medium of `plan`. Its last chunk is decoded to learn where the medium ends: the sector count says nothing of the bytes behind
    /// the last whole sector. What that brings to light is the problem.
    pub(crate) fn new(plan: Plan<T>, scratch: &mut Scratch) -> (Self, Option<Problem>) {
        let Plan { files, tables, holes, chunks: covered, chunk_bytes, stated, counted } = plan;
        let mut chunks =
            Self { id: SourceId::new(), files, tables, holes, chunk_bytes, len: stated };
        let last_chunk = chunks.last_chunk(covered.saturating_sub(1), scratch);
        let (len, problem) = medium_end::find(stated, counted, covered, &last_chunk);
        chunks.len = len;
        let needed = len.div_ceil(chunk_bytes.max(1));
        if needed > covered {
            chunks.holes.push(Hole { first: covered, end: needed, reason: BadReason::LayoutEnds });
        }
        (chunks, problem)
    }

    /// Decodes the last chunk, while the length is the stated one.
    fn last_chunk(&self, number: u64, scratch: &mut Scratch) -> LastChunk {
        let start = number.saturating_mul(self.chunk_bytes);
        let found = self.chunk(number, scratch).map(|bytes| {
            let padding = self.len.checked_sub(start).and_then(|from| bytes.get(index(from)..));
            let only_zeros = padding.is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0));
            (start.saturating_add(length(bytes.len())), only_zeros)
        });
        LastChunk { start, chunk_bytes: self.chunk_bytes, found: found.ok() }
    }

    /// The bytes of chunk `number`, checked: lent by the file where it is in memory and not compressed, by the scratch otherwise.
    fn chunk<'a>(&'a self, number: u64, scratch: &'a mut Scratch) -> Result<&'a [u8], BadReason> {
        let undecodable = BadReason::Undecodable { unit: UNIT, number };
        let placed = self.table_of(number).ok_or(undecodable)?;
        let source = self.files.get(placed.file).map(|file| &**file).ok_or(undecodable)?;
        let entry = number.saturating_sub(placed.first);
        let stored = placed.table.stored(source, entry, scratch).ok_or(undecodable)?;
        let most = self.chunk_bytes.saturating_add(COMPRESSED_EXCESS_BYTES);
        let range = stored.at..stored.end.min(stored.at.saturating_add(most));
        if let Some(bytes) = source.slice(range.clone()) {
            return self.lent(number, stored.form, bytes, scratch);
        }
        if scratch.unit(self.id, number, |_, _| Err(())).is_err() {
            self.copy(number, source, &stored, range, scratch)?;
        }
        scratch.unit(self.id, number, |_, _| Err(undecodable))
    }

    /// The bytes of a chunk that lies in memory: themselves, or decoded in the scratch.
    fn lent<'a>(
        &'a self,
        number: u64,
        form: Form,
        bytes: &'a [u8],
        scratch: &'a mut Scratch,
    ) -> Result<&'a [u8], BadReason> {
        match form {
            Form::Plain | Form::Unchecked => self.plain(number, form, bytes),
            form => scratch
                .unit(self.id, number, |out, tools| self.decode(number, form, bytes, out, tools)),
        }
    }

    /// Decodes a chunk of a file that is not in memory into the scratch.
    fn copy(
        &self,
        number: u64,
        source: &dyn Source,
        stored: &Stored,
        range: Range<u64>,
        scratch: &mut Scratch,
    ) -> Result<(), BadReason> {
        let mut packed = std::mem::take(&mut scratch.tools().get::<Packed>().0);
        packed.resize(index(range.end.saturating_sub(range.start)), 0);
        let read = read_exact(source, range.start, &mut packed, scratch);
        let decoded = read.and_then(|()| {
            let kept = scratch.unit(self.id, number, |out, tools| {
                self.decode(number, stored.form, &packed, out, tools)
            });
            kept.map(|_| ())
        });
        scratch.tools().get::<Packed>().0 = packed;
        decoded
    }

    fn decode(
        &self,
        number: u64,
        form: Form,
        bytes: &[u8],
        out: &mut Vec<u8>,
        tools: &mut Tools,
    ) -> Result<(), BadReason> {
        match form {
            Form::Plain | Form::Unchecked => {
                out.extend_from_slice(self.plain(number, form, bytes)?)
            }
            Form::Fill => out.extend(bytes.iter().cycle().take(self.bytes_of(number))),
            Form::Coded(codec) => tools
                .get::<Decoders>()
                .decode(codec, bytes, index(self.chunk_bytes), out)
                .map_err(|Undecodable| BadReason::Undecodable { unit: UNIT, number })?,
        }
        Ok(())
    }

    /// Bytes of chunk `number` by the length of the medium: all but the last have one length.
    fn bytes_of(&self, number: u64) -> usize {
        index(
            self.len.saturating_sub(number.saturating_mul(self.chunk_bytes)).min(self.chunk_bytes),
        )
    }

    /// The bytes of a chunk that is not compressed: those that fit the Adler-32 behind them.
    fn plain<'b>(&self, number: u64, form: Form, stored: &'b [u8]) -> Result<&'b [u8], BadReason> {
        if form == Form::Unchecked {
            return Ok(stored.get(..index(self.chunk_bytes)).unwrap_or(stored));
        }
        let by_room = stored.len().saturating_sub(CHECKSUM_BYTES);
        [index(self.chunk_bytes), self.bytes_of(number), by_room]
            .into_iter()
            .filter(|len| *len > 0 && *len <= by_room && *len <= index(self.chunk_bytes))
            .find_map(|len| {
                let (bytes, rest) = stored.split_at_checked(len)?;
                let checksum = u32::from_le_bytes(*rest.first_chunk()?);
                (adler32(&bytes) == checksum).then_some(bytes)
            })
            .ok_or(BadReason::Checksum { unit: UNIT, number })
    }

    fn table_of(&self, number: u64) -> Option<&Placed<T>> {
        let next = self.tables.partition_point(|placed| placed.first <= number);
        let placed = self.tables.get(next.checked_sub(1)?)?;
        (number.saturating_sub(placed.first) < placed.table.count()).then_some(placed)
    }

    fn hole_of(&self, number: u64) -> Option<&Hole> {
        let next = self.holes.partition_point(|hole| hole.first <= number);
        self.holes.get(next.checked_sub(1)?).filter(|hole| number < hole.end)
    }

    /// Hands over the part of chunk `number` that lies within `range` of the medium.
    fn visit_chunk(
        &self,
        number: u64,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let wanted = range.end.saturating_sub(range.start);
        let bytes = match self.chunk(number, scratch) {
            Ok(bytes) => bytes,
            Err(reason) => return each(Piece::Bad(wanted, reason)),
        };
        let from = range.start.saturating_sub(number.saturating_mul(self.chunk_bytes));
        let bytes = part(bytes, from, wanted);
        if !bytes.is_empty() {
            each(Piece::Data { bytes, at: range.start })?;
        }
        match wanted.saturating_sub(length(bytes.len())) {
            0 => ControlFlow::Continue(()),
            // Sound, but shorter than a chunk must be.
            missing => each(Piece::Bad(missing, BadReason::Undecodable { unit: UNIT, number })),
        }
    }
}

/// Returns so many bytes from one of them on, or as many as there are.
fn part(bytes: &[u8], from: u64, count: u64) -> &[u8] {
    let bytes = bytes.get(index(from)..).unwrap_or_default();
    bytes.get(..index(count)).unwrap_or(bytes)
}

impl<T: Table> Source for Chunks<T> {
    fn len(&self) -> u64 {
        self.len
    }

    fn grain(&self) -> u32 {
        u32::try_from(self.chunk_bytes).unwrap_or(u32::MAX)
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let within = inside(&range, self.len);
        let mut at = within.start;
        while at < within.end {
            let number = at.checked_div(self.chunk_bytes).unwrap_or(0);
            let hole = self.hole_of(number);
            let last = hole.map_or(number, |hole| hole.end.saturating_sub(1));
            let end = last.saturating_add(1).saturating_mul(self.chunk_bytes).min(within.end);
            match hole {
                Some(hole) => each(Piece::Bad(end.saturating_sub(at), hole.reason))?,
                None => self.visit_chunk(number, at..end, scratch, each)?,
            }
            at = end;
        }
        visit_beyond(&range, &within, each)
    }
}
