//! The medium: its chunks, checked whenever they are read.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use byte_source::{
    BadReason, Piece, Problem, ProblemKind, Scratch, Source, SourceId, Tools, Visitor, index, length,
    read_exact,
};
use simd_adler32::adler32;

use super::layout::{Hole, Placed};
use super::set::Set;
use super::table::Stored;
use crate::bounds::{inside, visit_beyond};
use crate::codec::{BrokenStream, inflate};

/// What a chunk is called in [`BadReason`].
const UNIT: &str = "EWF chunk";
/// Bytes of the Adler-32 behind a chunk that is not compressed, little-endian.
const CHECKSUM_BYTES: usize = 4;
/// Bytes that a compressed chunk may be longer than a plain one: compressors write plain bytes when that is shorter.
const COMPRESSED_EXCESS_BYTES: u64 = 64 << 10;

/// The medium of an EWF image.
pub(super) struct Chunks {
    id: SourceId,
    files: Vec<Arc<dyn Source>>,
    tables: Vec<Placed>,
    holes: Vec<Hole>,
    chunk_bytes: u64,
    len: u64,
}

/// The stored bytes of a chunk whose file is not in memory; reused.
#[derive(Default)]
struct Packed(Vec<u8>);

impl Chunks {
    /// The medium of `set`. Its last chunk is decoded to learn where the medium ends: the sector count says nothing of the bytes behind
    /// the last whole sector. What that brings to light is added to the problems.
    pub(super) fn new(set: &mut Set, scratch: &mut Scratch) -> Self {
        let chunk_bytes = set.volume.chunk_bytes();
        let mut chunks = Self {
            id: SourceId::new(),
            files: set.files.iter().map(|file| Arc::clone(&file.source)).collect(),
            tables: std::mem::take(&mut set.layout.tables),
            holes: std::mem::take(&mut set.layout.holes),
            chunk_bytes,
            len: set.volume.medium_bytes(),
        };
        let stated = chunks.len;
        let last = set.layout.chunks.saturating_sub(1);
        let last_start = last.saturating_mul(chunk_bytes);
        let found = chunks.chunk(last, scratch).map(|bytes| {
            let padding = stated.checked_sub(last_start).and_then(|from| bytes.get(index(from)..));
            let only_zeros = padding.is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0));
            (last_start.saturating_add(length(bytes.len())), only_zeros)
        });
        let (len, problem) = end_of_medium(stated, set, last_start, found.ok());
        chunks.len = len;
        set.problems.extend(problem);
        let covered = set.layout.chunks;
        let needed = len.div_ceil(chunk_bytes.max(1));
        if needed > covered {
            chunks.holes.push(Hole { first: covered, end: needed, reason: BadReason::LayoutEnds });
        }
        chunks
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
            if !stored.compressed {
                return self.plain(number, bytes);
            }
            return scratch.unit(self.id, number, |out, tools| self.inflate(number, bytes, out, tools));
        }
        if scratch.unit(self.id, number, |_, _| Err(())).is_err() {
            self.copy(number, source, &stored, range, scratch)?;
        }
        scratch.unit(self.id, number, |_, _| Err(undecodable))
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
                if stored.compressed {
                    return self.inflate(number, &packed, out, tools);
                }
                out.extend_from_slice(self.plain(number, &packed)?);
                Ok(())
            });
            kept.map(|_| ())
        });
        scratch.tools().get::<Packed>().0 = packed;
        decoded
    }

    fn inflate(
        &self,
        number: u64,
        bytes: &[u8],
        out: &mut Vec<u8>,
        tools: &mut Tools,
    ) -> Result<(), BadReason> {
        inflate::zlib(bytes, out, index(self.chunk_bytes), tools)
            .map_err(|BrokenStream| BadReason::Undecodable { unit: UNIT, number })
    }

    /// The bytes of a chunk that is not compressed: those that fit the Adler-32 behind them. All chunks but the last have one length.
    fn plain<'b>(&self, number: u64, stored: &'b [u8]) -> Result<&'b [u8], BadReason> {
        let start = number.saturating_mul(self.chunk_bytes);
        let by_len = index(self.len.saturating_sub(start).min(self.chunk_bytes));
        let by_room = stored.len().saturating_sub(CHECKSUM_BYTES);
        [index(self.chunk_bytes), by_len, by_room]
            .into_iter()
            .filter(|len| *len > 0 && *len <= by_room && *len <= index(self.chunk_bytes))
            .find_map(|len| {
                let (bytes, rest) = stored.split_at_checked(len)?;
                let checksum = u32::from_le_bytes(*rest.first_chunk()?);
                (adler32(&bytes) == checksum).then_some(bytes)
            })
            .ok_or(BadReason::Checksum { unit: UNIT, number })
    }

    fn table_of(&self, number: u64) -> Option<&Placed> {
        let next = self.tables.partition_point(|placed| placed.first <= number);
        let placed = self.tables.get(next.checked_sub(1)?)?;
        (number.saturating_sub(placed.first) < placed.table.count).then_some(placed)
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
        let from = index(range.start.saturating_sub(number.saturating_mul(self.chunk_bytes)));
        let bytes = bytes.get(from..).unwrap_or_default();
        let bytes = bytes.get(..index(wanted)).unwrap_or(bytes);
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

/// Length of the medium in bytes, and what is wrong with the stated one. `found` is the end by the last chunk, and whether the chunk holds
/// nothing but zeros behind the stated end.
fn end_of_medium(
    stated: u64,
    set: &Set,
    last_start: u64,
    found: Option<(u64, bool)>,
) -> (u64, Option<Problem>) {
    const NAME: &str = "EWF volume section";
    let problem = |how| Problem::damage(NAME, 0, ProblemKind::Inconsistent(how));
    let chunk_end = last_start.saturating_add(set.volume.chunk_bytes());
    let Some((end, zeros)) = found else {
        let plausible = set.layout.chunks == 0 || stated > last_start;
        let how = "the sector count ends before the last chunk, which cannot be decoded: its full length is assumed";
        return if plausible { (stated, None) } else { (chunk_end, Some(problem(how))) };
    };
    let sector = u64::from(set.volume.bytes_per_sector);
    let extra = end.saturating_sub(stated);
    if stated == 0 && end > 0 {
        let how = "the sector count is 0, as in an acquisition that was broken off: the chunks count";
        (end, Some(problem(how)))
    } else if end < stated {
        let how = "the chunks end before the sector count does";
        (stated, Some(problem(how)))
    } else if extra > 0 && extra < sector {
        let how = "the medium does not end on a sector; the bytes behind the last whole sector are read";
        (end, Some(problem(how).as_note()))
    } else if extra > 0 && zeros {
        let how = "the last chunk is filled up with zeros behind the last sector";
        (stated, Some(problem(how).as_note()))
    } else if extra > 0 {
        let how = "the chunks go on behind the last sector that is counted; they are read";
        (end, Some(problem(how)))
    } else {
        (stated, None)
    }
}

impl Source for Chunks {
    fn len(&self) -> u64 {
        self.len
    }

    fn grain(&self) -> u32 {
        u32::try_from(self.chunk_bytes).unwrap_or(u32::MAX)
    }

    fn visit(&self, range: Range<u64>, scratch: &mut Scratch, each: &mut Visitor<'_>) -> ControlFlow<()> {
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
