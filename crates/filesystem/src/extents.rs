//! Where the content of a stream lies, and whether another program that reads those places gets the
//! same bytes.

use byte_source::length;
use case_model::Exactness;

use crate::{Layout, Place, Run, Stream};

/// The places of a stream in its volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extents {
    /// The runs in the order of the stream, up to the end of its last allocation unit.
    pub runs: Vec<Run>,
    /// Whether the runs are the content.
    pub exactness: Exactness,
}

/// Returns the places of a stream in a volume of `volume_bytes`; `None` when its layout names none.
///
/// What reads as zeros is [`Place::Unwritten`], whatever the allocated space holds: holes, and the
/// bytes from the valid length to the size.
#[must_use]
pub fn extents(stream: &Stream, volume_bytes: u64) -> Option<Extents> {
    let runs = match &stream.layout {
        Layout::Inline { runs, .. } | Layout::Runs(runs) => runs,
        Layout::Coded(coded) => {
            return Some(Extents { runs: coded.runs.clone(), exactness: Exactness::Coded });
        }
        Layout::Encrypted(_) | Layout::Unsupported(_) | Layout::Lost(_) => return None,
    };
    let runs = mark_unwritten(runs, stream.valid.min(stream.size), stream.size);
    let is_whole = match &stream.layout {
        Layout::Inline { bytes, .. } => length(bytes.len()) >= stream.valid.min(stream.size),
        _ => true,
    };
    let exactness = match is_whole && is_located(&runs, stream.size, volume_bytes) {
        true => Exactness::Exact,
        false => Exactness::Incomplete,
    };
    Some(Extents { runs, exactness })
}

/// Marks the bytes from `valid` to `size` as unwritten: they read as zeros.
fn mark_unwritten(runs: &[Run], valid: u64, size: u64) -> Vec<Run> {
    if valid == size {
        return runs.to_vec();
    }
    let mut marked = Vec::with_capacity(runs.len().saturating_add(2));
    let mut start = 0_u64;
    for run in runs {
        let end = start.saturating_add(run.length);
        let zeros = valid.clamp(start, end);
        let behind = size.clamp(start, end);
        for (from, to, is_zero) in
            [(start, zeros, false), (zeros, behind, true), (behind, end, false)]
        {
            let place = shifted(run.place, from.saturating_sub(start));
            let place = if is_zero { unwritten(place) } else { place };
            marked.push(Run { length: to.saturating_sub(from), place });
        }
        start = end;
    }
    marked.retain(|run| run.length > 0);
    marked
}

/// Returns the place `by` bytes further on.
fn shifted(place: Place, by: u64) -> Place {
    match place {
        Place::At(at) => Place::At(at.saturating_add(by)),
        Place::Unwritten(at) => Place::Unwritten(at.saturating_add(by)),
        Place::Hole | Place::Unknown => place,
    }
}

/// Returns the same place as one whose bytes read as zeros.
fn unwritten(place: Place) -> Place {
    match place {
        Place::At(at) => Place::Unwritten(at),
        // The bytes past the valid length are zeros wherever they are.
        Place::Unknown => Place::Hole,
        Place::Hole | Place::Unwritten(_) => place,
    }
}

/// Is every byte up to `size` a hole, unwritten, or at a place within the volume?
fn is_located(runs: &[Run], size: u64, volume_bytes: u64) -> bool {
    let mut start = 0_u64;
    for run in runs {
        if start >= size {
            break;
        }
        let wanted = run.length.min(size.saturating_sub(start));
        let is_known = match run.place {
            Place::At(at) => at.checked_add(wanted).is_some_and(|end| end <= volume_bytes),
            Place::Hole | Place::Unwritten(_) => true,
            Place::Unknown => false,
        };
        if !is_known {
            return false;
        }
        start = start.saturating_add(run.length);
    }
    start >= size
}

#[cfg(test)]
mod tests {
    use words::term;

    use super::*;
    use crate::{Codec, Coded, Confidence, StreamKind};

    const VOLUME_BYTES: u64 = 1 << 20;

    fn of(size: u64, valid: u64, layout: Layout) -> Option<(Exactness, Vec<(u64, Place)>)> {
        let confidence = Confidence::Recorded;
        let stream =
            Stream { kind: StreamKind::Data, name: Vec::new(), size, valid, layout, confidence };
        let found = extents(&stream, VOLUME_BYTES)?;
        Some((found.exactness, found.runs.iter().map(|run| (run.length, run.place)).collect()))
    }

    fn runs(runs: &[(u64, Place)]) -> Layout {
        Layout::Runs(
            runs.iter().map(|(length, place)| Run { length: *length, place: *place }).collect(),
        )
    }

    #[test]
    fn bytes_behind_the_valid_length_are_said_to_be_zeros_and_slack_keeps_its_place() {
        use Place::{At, Hole, Unwritten};
        let two = [(4096, At(8192)), (4096, At(40_960))];
        let found = of(5000, 4000, runs(&two)).unwrap();
        let expected = vec![
            (4000, At(8192)),
            (96, Unwritten(12_192)),
            (904, Unwritten(40_960)),
            (3192, At(41_864)),
        ];
        assert_eq!(found, (Exactness::Exact, expected));
        assert_eq!(of(5000, 5000, runs(&two)).unwrap(), (Exactness::Exact, two.to_vec()));
        let sparse = [(4096, At(8192)), (4096, Hole)];
        assert_eq!(of(8192, 8192, runs(&sparse)).unwrap(), (Exactness::Exact, sparse.to_vec()));
    }

    #[test]
    fn extents_that_are_not_the_content_are_not_called_exact() {
        use Place::{At, Unknown};
        let exactness = |size, layout| of(size, size, layout).unwrap().0;
        assert_eq!(exactness(5000, runs(&[(4096, At(0))])), Exactness::Incomplete, "too short");
        assert_eq!(exactness(5000, runs(&[(4096, At(0)), (4096, Unknown)])), Exactness::Incomplete);
        assert_eq!(
            exactness(5000, runs(&[(8192, At(VOLUME_BYTES - 4999))])),
            Exactness::Incomplete
        );
        assert_eq!(exactness(5000, runs(&[(8192, At(u64::MAX))])), Exactness::Incomplete);
        assert_eq!(exactness(5000, runs(&[(8192, At(VOLUME_BYTES - 5000))])), Exactness::Exact);
        // Damage in the slack is none of the content.
        assert_eq!(exactness(4096, runs(&[(4096, At(0)), (4096, Unknown)])), Exactness::Exact);
        let coded =
            Coded { codec: Codec::Lznt1, unit_bytes: 65_536, coded_bytes: 0, runs: Vec::new() };
        assert_eq!(exactness(5000, Layout::Coded(coded)), Exactness::Coded);
        assert_eq!(of(5000, 5000, Layout::Lost(term!("fs.cleared"))), None);
    }

    #[test]
    fn a_record_that_holds_less_than_its_stream_is_not_exact() {
        let inline = |count: usize| Layout::Inline {
            bytes: vec![1; count],
            runs: vec![Run { length: count as u64, place: Place::At(500) }],
        };
        assert_eq!(of(3, 3, inline(3)).unwrap().0, Exactness::Exact);
        assert_eq!(of(4, 4, inline(3)).unwrap().0, Exactness::Incomplete);
    }
}
