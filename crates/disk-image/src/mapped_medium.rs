//! A medium that a container lays out by its own maps: block tables, cluster tables, chunk tables.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use byte_source::{
    BadReason, Piece, Scratch, Source, SourceId, Visitor, index, length, read_exact,
};
use codec::{Codec, Decoders, Undecodable};

use crate::bounds::{inside, visit_beyond};

/// Where a stretch of the medium is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// As it is in file `file` (an index) from byte `at` on.
    File { file: usize, at: u64 },
    /// Nowhere: it is zero.
    Zero,
    /// At the same place of the parent; zero where there is no parent or the parent ends before.
    Parent,
    /// In a coded unit, from byte `skip` of its decoded bytes on.
    Coded { unit: Coded, skip: u64 },
    /// It cannot be read.
    Bad(BadReason),
}

/// A coded unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Coded {
    /// Tells it from the other units of the medium; from 0.
    pub(crate) number: u64,
    /// The file that holds it (an index).
    pub(crate) file: usize,
    /// Byte offset of its coded bytes.
    pub(crate) at: u64,
    /// Coded bytes at most; what follows the stream is padding.
    pub(crate) stored_bytes: u64,
    /// Decoded bytes.
    pub(crate) bytes: u64,
    /// Its coding.
    pub(crate) codec: Codec,
}

/// Consecutive bytes of the medium that are found in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Its length in bytes; 0 counts as 1.
    pub(crate) bytes: u64,
    /// Where it is.
    pub(crate) place: Place,
}

/// The map of a container.
pub(crate) trait Layout: Send + Sync {
    /// The stretch that begins at byte `at` of the medium, which lies within it. May be longer than the medium.
    fn stretch(&self, at: u64, files: &[Arc<dyn Source>], scratch: &mut Scratch) -> Stretch;
}

impl Stretch {
    /// The bytes from `at` to the end of their block of `block_bytes`, which cannot be read.
    pub(crate) fn rest_of_block_is_bad(at: u64, block_bytes: u64, reason: BadReason) -> Self {
        let bytes = block_bytes.saturating_sub(at.checked_rem(block_bytes).unwrap_or(0));
        Self { bytes, place: Place::Bad(reason) }
    }
}

/// A medium laid out by a map.
pub(crate) struct MappedMedium<L> {
    layout: L,
    /// What its blocks are called in [`BadReason`].
    unit: &'static str,
    len: u64,
    grain: u32,
    files: Vec<Arc<dyn Source>>,
    parent: Option<Arc<dyn Source>>,
    id: SourceId,
}

/// The coded bytes of a unit whose file is not in memory; reused.
#[derive(Default)]
struct Packed(Vec<u8>);

impl<L: Layout> MappedMedium<L> {
    /// A medium of `len` bytes over `files`, whose map counts in blocks of `grain` bytes called `unit`.
    pub(crate) fn new(
        layout: L,
        unit: &'static str,
        len: u64,
        grain: u32,
        files: Vec<Arc<dyn Source>>,
        parent: Option<Arc<dyn Source>>,
    ) -> Self {
        Self { layout, unit, len, grain, files, parent, id: SourceId::new() }
    }

    fn visit_place(
        &self,
        place: Place,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let count = range.end.saturating_sub(range.start);
        match place {
            Place::Zero => each(Piece::Zero(count)),
            Place::Bad(reason) => each(Piece::Bad(count, reason)),
            Place::Parent => self.visit_parent(range, scratch, each),
            Place::File { file, at } => match self.files.get(file) {
                Some(file) => {
                    let end = at.saturating_add(count);
                    file.visit(at..end, scratch, &mut |piece| each(moved(piece, at, range.start)))?;
                    // A map may point past 2^64: what is missing then is missing from the medium.
                    match count.saturating_sub(end.saturating_sub(at)) {
                        0 => ControlFlow::Continue(()),
                        beyond => each(Piece::Bad(beyond, BadReason::BeyondEnd)),
                    }
                }
                None => each(Piece::Bad(count, BadReason::LayoutEnds)),
            },
            Place::Coded { unit, skip } => {
                let bytes = match self.decoded(&unit, scratch) {
                    Ok(bytes) => bytes.get(index(skip)..).unwrap_or_default(),
                    Err(reason) => return each(Piece::Bad(count, reason)),
                };
                let bytes = bytes.get(..index(count)).unwrap_or(bytes);
                if !bytes.is_empty() {
                    each(Piece::Data { bytes, at: range.start })?;
                }
                match count.saturating_sub(length(bytes.len())) {
                    0 => ControlFlow::Continue(()),
                    missing => each(Piece::Bad(missing, self.undecodable(&unit))),
                }
            }
        }
    }

    fn visit_parent(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let len = self.parent.as_ref().map_or(0, |parent| parent.len());
        let within = inside(&range, len);
        if let Some(parent) = self.parent.as_ref().filter(|_| !within.is_empty()) {
            parent.visit(within.clone(), scratch, each)?;
        }
        let wanted = range.end.saturating_sub(range.start);
        match wanted.saturating_sub(within.end.saturating_sub(within.start)) {
            0 => ControlFlow::Continue(()),
            beyond => each(Piece::Zero(beyond)),
        }
    }

    fn undecodable(&self, unit: &Coded) -> BadReason {
        BadReason::Undecodable { unit: self.unit, number: unit.number }
    }

    /// The decoded bytes of a unit. May be fewer than they should be, never more.
    fn decoded<'a>(
        &'a self,
        unit: &Coded,
        scratch: &'a mut Scratch,
    ) -> Result<&'a [u8], BadReason> {
        let undecodable = self.undecodable(unit);
        let source = self.files.get(unit.file).ok_or(undecodable)?;
        let range = unit.at..unit.at.saturating_add(unit.stored_bytes).min(source.len());
        if range.is_empty() {
            return Err(BadReason::BeyondEnd);
        }
        let decode = |input: &[u8], out: &mut Vec<u8>, tools: &mut byte_source::Tools| {
            let decoders = tools.get::<Decoders>();
            decoders
                .decode(unit.codec, input, index(unit.bytes), out)
                .map_err(|Undecodable| undecodable)
        };
        if let Some(input) = source.slice(range.clone()) {
            return scratch.unit(self.id, unit.number, |out, tools| decode(input, out, tools));
        }
        if scratch.unit(self.id, unit.number, |_, _| Err(())).is_err() {
            let mut packed = std::mem::take(&mut scratch.tools().get::<Packed>().0);
            packed.resize(index(range.end.saturating_sub(range.start)), 0);
            let read = read_exact(&**source, range.start, &mut packed, scratch);
            let kept = read.and_then(|()| {
                scratch
                    .unit(self.id, unit.number, |out, tools| decode(&packed, out, tools))
                    .map(|_| ())
            });
            scratch.tools().get::<Packed>().0 = packed;
            kept?;
        }
        scratch.unit(self.id, unit.number, |_, _| Err(undecodable))
    }
}

/// A piece at byte `from` of a file as a piece of the medium, where those bytes begin at byte `to`.
fn moved(piece: Piece<'_>, from: u64, to: u64) -> Piece<'_> {
    match piece {
        Piece::Data { bytes, at } => {
            Piece::Data { bytes, at: at.saturating_sub(from).saturating_add(to) }
        }
        other => other,
    }
}

impl<L: Layout> Source for MappedMedium<L> {
    fn len(&self) -> u64 {
        self.len
    }

    fn grain(&self) -> u32 {
        self.grain
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
            let stretch = self.layout.stretch(at, &self.files, scratch);
            let end = at.saturating_add(stretch.bytes.max(1)).min(within.end);
            self.visit_place(stretch.place, at..end, scratch, each)?;
            at = end;
        }
        visit_beyond(&range, &within, each)
    }
}

/// The big-endian number of eight bytes at byte `at` of `source`: an entry of a table that stays in the file.
pub(crate) fn u64_be_at(
    source: &dyn Source,
    at: u64,
    scratch: &mut Scratch,
) -> Result<u64, BadReason> {
    array_at(source, at, scratch).map(u64::from_be_bytes)
}

/// `N` bytes at byte `at` of `source`.
pub(crate) fn array_at<const N: usize>(
    source: &dyn Source,
    at: u64,
    scratch: &mut Scratch,
) -> Result<[u8; N], BadReason> {
    let end = at.saturating_add(length(N));
    if let Some(bytes) = source.slice(at..end).and_then(|bytes| bytes.first_chunk()) {
        return Ok(*bytes);
    }
    let mut bytes = [0; N];
    read_exact(source, at, &mut bytes, scratch)?;
    Ok(bytes)
}
