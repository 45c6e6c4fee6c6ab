//! The one place where a stream's bytes move.

use std::ops::{ControlFlow, Range};

use byte_source::{BadReason, Piece, Scratch, Source, Visitor, index, length};

use crate::{Layout, Place, Run, Stream};

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
    let valid = stream.valid.min(stream.size);
    match &stream.layout {
        Layout::Inline { bytes, .. } => pump_inline(bytes, valid, each)?,
        Layout::Runs(runs) => visit_runs(volume, runs, 0..valid, scratch, each)?,
        Layout::Coded(coded) => crate::ntfs::pump_coded(volume, coded, valid, scratch, each)?,
        Layout::Encrypted(how) | Layout::Unsupported(how) | Layout::Lost(how) => {
            return bad(stream.size, BadReason::Opaque(how), each);
        }
    }
    zero(stream.size.saturating_sub(valid), each)
}

fn pump_inline(bytes: &[u8], valid: u64, each: &mut Visitor<'_>) -> ControlFlow<()> {
    let here = index(valid).min(bytes.len());
    let bytes = bytes.get(..here).unwrap_or_default();
    if !bytes.is_empty() {
        // Bytes of a record, fix-ups applied: their place on the medium is in the layout.
        each(Piece::Data { bytes, at: u64::MAX })?;
    }
    bad(valid.saturating_sub(length(here)), BadReason::LayoutEnds, each)
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
            let count = to.saturating_sub(from);
            match run.place {
                Place::Hole | Place::Unwritten(_) => zero(count, each)?,
                Place::Unknown => bad(count, BadReason::LayoutEnds, each)?,
                Place::At(at) => {
                    let first = at.saturating_add(from.saturating_sub(start));
                    visit_exactly(volume, first, count, scratch, each)?;
                }
            }
        }
        start = end;
        if start >= range.end {
            break;
        }
    }
    bad(range.end.saturating_sub(range.start.max(start)), BadReason::LayoutEnds, each)
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

    use super::*;
    use crate::{Confidence, StreamKind};

    fn pumped(layout: Layout, size: u64, valid: u64) -> (Vec<u8>, u64) {
        let volume = MemorySource::new((0..64).collect());
        let confidence = Confidence::Recorded;
        let stream = Stream { kind: StreamKind::Data, name: Vec::new(), size, valid, layout, confidence };
        let (mut bytes, mut lost) = (Vec::new(), 0);
        let _ = pump(&volume, &stream, &mut Scratch::new(), &mut |piece| {
            match piece {
                Piece::Data { bytes: these, .. } => bytes.extend_from_slice(these),
                Piece::Zero(count) => bytes.resize(bytes.len() + index(count), 0),
                Piece::Bad(count, _) => lost += count,
            }
            ControlFlow::Continue(())
        });
        (bytes, lost)
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
        let torn = vec![Run { length: 2, place: Place::Unknown }, Run { length: 2, place: Place::At(10) }];
        assert_eq!(pumped(Layout::Runs(torn), 4, 4), (vec![10, 11], 2));
        assert_eq!(pumped(Layout::Inline { bytes: vec![1, 2], at: 0 }, 3, 3), (vec![1, 2], 1));
        assert_eq!(pumped(Layout::Lost("block pointers cleared"), 9, 9), (vec![], 9));
    }
}
