//! A stream as a source gives what its pump gives, in any piece.

use byte_source::{MemorySource, index};
use filesystem::{Confidence, StreamKind, pump};

use super::*;

fn stream(layout: Layout, size: u64, valid: u64) -> Stream {
    let confidence = Confidence::Recorded;
    Stream { kind: StreamKind::Data, name: Vec::new(), size, valid, layout, confidence }
}

fn pieces(all: &mut Vec<Option<u8>>, piece: Piece<'_>) -> ControlFlow<()> {
    match piece {
        Piece::Data { bytes, .. } => all.extend(bytes.iter().copied().map(Some)),
        Piece::Zero(count) => all.resize(all.len() + index(count), Some(0)),
        Piece::Bad(count, _) => all.resize(all.len() + index(count), None),
    }
    ControlFlow::Continue(())
}

/// Every range of the source is what the stream's own bytes are.
fn check(stream: Stream) {
    let volume: Arc<dyn Source> = Arc::new(MemorySource::new((0..64).collect()));
    let mut whole = Vec::new();
    let _ =
        pump(volume.as_ref(), &stream, &mut Scratch::new(), &mut |piece| pieces(&mut whole, piece));
    let source = StreamSource::new(volume, stream);
    whole.extend([None, None]);
    for from in 0..=source.len() {
        for to in from..=source.len() + 2 {
            let mut found = Vec::new();
            let mut next = from;
            let _ = source.visit(from..to, &mut Scratch::new(), &mut |piece| {
                if let Piece::Data { at, .. } = piece {
                    assert_eq!(at, next, "pieces are placed in the stream");
                }
                next += piece.len();
                pieces(&mut found, piece)
            });
            assert_eq!(found, whole[index(from)..index(to)], "bytes {from} to {to}");
            if let Some(lent) = source.slice(from..to) {
                let lent: Vec<_> = lent.iter().copied().map(Some).collect();
                assert_eq!(lent, whole[index(from)..index(to)], "lent {from} to {to}");
            }
        }
    }
}

#[test]
fn every_range_of_a_stream_is_read_with_its_holes_and_its_bad_parts() {
    let runs = vec![
        Run { length: 5, place: Place::At(10) },
        Run { length: 3, place: Place::Hole },
        Run { length: 4, place: Place::Unknown },
        Run { length: 6, place: Place::At(60) },
    ];
    for (size, valid) in [(18, 18), (18, 9), (15, 15), (24, 24), (24, 12), (0, 0)] {
        check(stream(Layout::Runs(runs.clone()), size, valid));
    }
    check(stream(Layout::Inline { bytes: vec![1, 2, 3], runs: Vec::new() }, 5, 4));
    check(stream(Layout::Encrypted(words::term!("common.encrypted-efs")), 5, 5));
    check(stream(Layout::Runs(Vec::new()), 3, 3));
}

/// LZNT1: sixteen chunks of 4,096 equal bytes, each a literal and a copy of it (MS-XCA 2.5), in the first cluster of a compression unit.
fn compressed() -> (Arc<dyn Source>, Stream) {
    let chunk = |letter: u8| [0x03, 0xb0, 0x02, letter, 0xfc, 0x0f];
    let mut bytes: Vec<u8> = (b'a'..=b'p').flat_map(chunk).collect();
    bytes.resize(4096, 0);
    bytes.extend([7; 4096]);
    let runs = vec![
        Run { length: 4096, place: Place::At(0) },
        Run { length: 15 * 4096, place: Place::Hole },
        Run { length: 16 * 4096, place: Place::Hole },
        Run { length: 4096, place: Place::At(4096) },
    ];
    let coded = filesystem::Coded {
        codec: filesystem::Codec::Lznt1,
        unit_bytes: 65_536,
        coded_bytes: 0,
        runs,
    };
    let size = 2 * 65_536 + 4096;
    (Arc::new(MemorySource::new(bytes)), stream(Layout::Coded(coded), size, size))
}

#[test]
fn coded_streams_are_entered_at_any_byte_and_a_unit_is_kept() {
    let (volume, stream) = compressed();
    let source = StreamSource::new(volume, stream);
    assert_eq!(source.grain(), 65_536);
    let mut scratch = Scratch::new();
    let mut read = |range: Range<u64>| {
        let mut found = Vec::new();
        let _ = source.visit(range, &mut scratch, &mut |piece| pieces(&mut found, piece));
        found
    };
    assert_eq!(read(4095..4097), [Some(b'a'), Some(b'b')]);
    assert_eq!(read(65_535..65_538), [Some(b'p'), Some(0), Some(0)]);
    assert_eq!(read(131_071..131_073), [Some(0), Some(7)]);
    let whole = read(0..source.len() + 1);
    assert_eq!((whole.len(), whole[8192], whole[135_168]), (135_169, Some(b'c'), None));
    for from in (0..source.len()).step_by(1021) {
        let to = from + 700;
        let inside = whole.get(index(from)..).unwrap_or_default();
        let mut wanted = inside[..inside.len().min(700)].to_vec();
        wanted.resize(700, None);
        assert_eq!(read(from..to), wanted);
    }
    assert!(scratch.kept(source.id, 0).is_some(), "the unit that small reads touched");
    assert!(scratch.kept(source.id, 1).is_none(), "a hole is no unit");
}

#[test]
fn a_unit_that_cannot_be_decoded_is_bad_with_its_number() {
    let (_, stream) = compressed();
    let volume: Arc<dyn Source> = Arc::new(MemorySource::new(vec![0xff; 8192]));
    let source = StreamSource::new(volume, stream);
    let mut bad = Vec::new();
    let _ = source.visit(10..20, &mut Scratch::new(), &mut |piece| {
        if let Piece::Bad(count, why) = piece {
            bad.push((count, why));
        }
        ControlFlow::Continue(())
    });
    assert!(matches!(bad.as_slice(), [(10, BadReason::Undecodable { number: 0, .. })]), "{bad:?}");
}

#[test]
fn direct_runs_are_lent_and_not_copied() {
    let volume: Arc<dyn Source> = Arc::new(MemorySource::new((0..64).collect()));
    let runs =
        vec![Run { length: 8, place: Place::At(4) }, Run { length: 8, place: Place::At(40) }];
    let source = StreamSource::new(Arc::clone(&volume), stream(Layout::Runs(runs), 16, 16));
    assert_eq!(source.grain(), 1);
    let lent = source.slice(9..16).unwrap();
    let own = volume.slice(41..48).unwrap();
    assert!(std::ptr::eq(lent, own), "the volume's own bytes");
    assert_eq!(source.slice(6..9), None, "over two runs");
}
