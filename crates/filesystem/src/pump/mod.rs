//! The one place where a stream's bytes move.

mod chunk_table;
mod compression_units;
mod unit_buffers;

use std::ops::{ControlFlow, Range};

use byte_source::{BadReason, Piece, Scratch, Source, Visitor, index, length};

use self::chunk_table::ChunkCoding;
use crate::{Codec, Coded, Layout, Place, Run, Stream};

/// Hands over the bytes of a stream in order and without gaps; the lengths of the pieces add up to `stream.size`, always.
///
/// `volume` is the file system's [`crate::FileSystem::volume`]. Holes and the part past the valid length come as zeros, what the
/// layout lacks as bad pieces.
pub fn pump(
    volume: &dyn Source,
    stream: &Stream,
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    pump_from(volume, stream, 0, scratch, each)
}

/// Hands over the bytes of a stream from byte `from` on, as [`pump`] does with all of them. Of a coded stream, only the unit that holds
/// this byte is decoded in vain.
pub fn pump_from(
    volume: &dyn Source,
    stream: &Stream,
    from: u64,
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    pump_range(volume, stream, from..stream.size, scratch, each)
}

/// Hands over the bytes in `range` of a stream, in order and without gaps; what lies past its size comes as [`BadReason::BeyondEnd`].
/// Of a coded stream, only the units that the range touches are decoded.
pub fn pump_range(
    volume: &dyn Source,
    stream: &Stream,
    range: Range<u64>,
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let from = range.start.min(stream.size);
    let end = range.end.min(stream.size);
    pump_inside(volume, stream, from..end, scratch, each)?;
    bad(range.end.saturating_sub(end.max(range.start)), BadReason::BeyondEnd, each)
}

/// Hands over the bytes in `range`, which lies inside the stream.
fn pump_inside(
    volume: &dyn Source,
    stream: &Stream,
    range: Range<u64>,
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let valid = stream.valid.min(stream.size);
    let stored = range.start.min(valid)..range.end.min(valid);
    match &stream.layout {
        Layout::Inline { bytes, .. } => pump_inline(bytes, &stored, each)?,
        Layout::Runs(runs) => visit_runs(volume, runs, stored, scratch, each)?,
        Layout::Coded(coded) => pump_coded(volume, coded, stored, valid, scratch, each)?,
        Layout::Encrypted(how) | Layout::Unsupported(how) | Layout::Lost(how) => {
            return bad(range.end.saturating_sub(range.start), BadReason::Opaque(*how), each);
        }
    }
    zero(range.end.saturating_sub(range.start.max(valid)), each)
}

/// Hands over the decoded bytes in `range` of what `coded` holds, of `size` bytes in all. A unit that cannot be decoded is bad as a whole.
fn pump_coded(
    volume: &dyn Source,
    coded: &Coded,
    range: Range<u64>,
    size: u64,
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let chunks = match coded.codec {
        Codec::Lznt1 => return compression_units::pump(volume, coded, range, scratch, each),
        Codec::WofXpress4k | Codec::WofXpress8k | Codec::WofXpress16k => {
            ChunkCoding { codec: codec::Codec::XpressHuffman, chunk: "WOF XPRESS chunk" }
        }
        Codec::WofLzx => ChunkCoding { codec: codec::Codec::Lzx, chunk: "WOF LZX chunk" },
    };
    chunk_table::pump(volume, coded, chunks, (range, size), scratch, each)
}

fn pump_inline(bytes: &[u8], range: &Range<u64>, each: &mut Visitor<'_>) -> ControlFlow<()> {
    let end = index(range.end).min(bytes.len());
    let here = bytes.get(index(range.start)..end).unwrap_or_default();
    if !here.is_empty() {
        // Bytes of a record, fix-ups applied: their place on the medium is in the layout.
        each(Piece::Data { bytes: here, at: u64::MAX })?;
    }
    bad(range.end.saturating_sub(range.start.max(length(end))), BadReason::LayoutEnds, each)
}

/// Visits `range` of the bytes that `runs` describe; what they lack comes as [`BadReason::LayoutEnds`].
pub fn visit_runs(
    volume: &dyn Source,
    runs: &[Run],
    range: Range<u64>,
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let mut start = 0_u64;
    for run in runs {
        let end = start.saturating_add(run.length);
        let from = range.start.max(start);
        let to = range.end.min(end);
        if from < to {
            let skipped = from.saturating_sub(start);
            visit_run(volume, run.place, skipped, to.saturating_sub(from), scratch, each)?;
        }
        start = end;
        if start >= range.end {
            break;
        }
    }
    bad(range.end.saturating_sub(range.start.max(start)), BadReason::LayoutEnds, each)
}

/// Visits `count` bytes of a run, from byte `skipped` of it on.
#[inline]
fn visit_run(
    volume: &dyn Source,
    place: Place,
    skipped: u64,
    count: u64,
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    match place {
        Place::Hole | Place::Unwritten(_) => zero(count, each),
        Place::Unknown => bad(count, BadReason::LayoutEnds, each),
        Place::At(at) => visit_exactly(volume, at.saturating_add(skipped), count, scratch, each),
    }
}

/// Visits `count` bytes from `first` on; what would lie past 2^64 is bad like everything past the end.
fn visit_exactly(
    volume: &dyn Source,
    first: u64,
    count: u64,
    scratch: &mut Scratch,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let end = first.saturating_add(count);
    volume.visit(first..end, scratch, each)?;
    bad(count.saturating_sub(end.saturating_sub(first)), BadReason::BeyondEnd, each)
}

fn zero(count: u64, each: &mut Visitor<'_>) -> ControlFlow<()> {
    if count == 0 { ControlFlow::Continue(()) } else { each(Piece::Zero(count)) }
}

fn bad(count: u64, why: BadReason, each: &mut Visitor<'_>) -> ControlFlow<()> {
    if count == 0 { ControlFlow::Continue(()) } else { each(Piece::Bad(count, why)) }
}

#[cfg(test)]
mod tests {
    use byte_source::MemorySource;
    use words::term;

    use super::*;
    use crate::{Confidence, StreamKind};

    fn pumped(layout: Layout, size: u64, valid: u64) -> (Vec<u8>, u64) {
        let confidence = Confidence::Recorded;
        let stream =
            Stream { kind: StreamKind::Data, name: Vec::new(), size, valid, layout, confidence };
        let all = bytes_from(&stream, 0);
        assert_eq!(all.len() as u64, size);
        for from in 0..=size {
            assert_eq!(bytes_from(&stream, from), all[index(from)..], "from byte {from}");
        }
        for (from, to) in (0..=size).flat_map(|from| (from..=size).map(move |to| (from, to))) {
            assert_eq!(
                bytes_in(&stream, from..to),
                all[index(from)..index(to)],
                "bytes {from} to {to}"
            );
        }
        assert_eq!(bytes_in(&stream, size..size + 2), [None, None], "past the end");
        let lost = all.iter().filter(|byte| byte.is_none()).count();
        (all.into_iter().flatten().collect(), lost as u64)
    }

    /// The bytes of a stream from `from` on; none in the place of a bad one.
    fn bytes_from(stream: &Stream, from: u64) -> Vec<Option<u8>> {
        let mut all = Vec::new();
        let volume = MemorySource::new((0..64).collect());
        let _ = pump_from(&volume, stream, from, &mut Scratch::new(), &mut |piece| {
            push(&mut all, piece)
        });
        all
    }

    fn bytes_in(stream: &Stream, range: Range<u64>) -> Vec<Option<u8>> {
        let mut all = Vec::new();
        let volume = MemorySource::new((0..64).collect());
        let _ = pump_range(&volume, stream, range, &mut Scratch::new(), &mut |piece| {
            push(&mut all, piece)
        });
        all
    }

    fn push(all: &mut Vec<Option<u8>>, piece: Piece<'_>) -> ControlFlow<()> {
        match piece {
            Piece::Data { bytes, .. } => all.extend(bytes.iter().copied().map(Some)),
            Piece::Zero(count) => all.resize(all.len() + index(count), Some(0)),
            Piece::Bad(count, _) => all.resize(all.len() + index(count), None),
        }
        ControlFlow::Continue(())
    }

    #[test]
    fn runs_holes_the_valid_length_and_what_is_missing_add_up_to_the_size() {
        let runs = vec![
            Run { length: 3, place: Place::At(10) },
            Run { length: 2, place: Place::Hole },
            Run { length: 4, place: Place::At(62) },
        ];
        assert_eq!(pumped(Layout::Runs(runs.clone()), 7, 7), (vec![10, 11, 12, 0, 0, 62, 63], 0));
        assert_eq!(pumped(Layout::Runs(runs.clone()), 7, 2), (vec![10, 11, 0, 0, 0, 0, 0], 0));
        assert_eq!(pumped(Layout::Runs(runs), 12, 12), (vec![10, 11, 12, 0, 0, 62, 63], 5));
        let torn =
            vec![Run { length: 2, place: Place::Unknown }, Run { length: 2, place: Place::At(10) }];
        assert_eq!(pumped(Layout::Runs(torn), 4, 4), (vec![10, 11], 2));
        assert_eq!(
            pumped(Layout::Inline { bytes: vec![1, 2], runs: Vec::new() }, 3, 3),
            (vec![1, 2], 1)
        );
        assert_eq!(
            pumped(Layout::Inline { bytes: vec![1, 2, 3], runs: Vec::new() }, 3, 2),
            (vec![1, 2, 0], 0)
        );
        assert_eq!(pumped(Layout::Lost(term!("fs.block-pointers-cleared")), 9, 9), (vec![], 9));
    }
}
