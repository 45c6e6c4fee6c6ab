//! The content type keeps the contract, and answers as it did before it was an analyser.

use analysis::conformance::{Sample, SamplePiece, check};
use analysis::{Analysers, ContentType, StreamFacts, Taps};
use byte_source::{BadReason, Piece};

fn data(bytes: &[u8]) -> Piece<'_> {
    Piece::Data { bytes, at: 0 }
}

fn type_of(size: u64, pieces: &[Piece<'_>]) -> Option<String> {
    let analysers = Analysers::standard(ContentType::PLAIN);
    let mut taps = Taps::begin(&analysers, StreamFacts::of_size(size));
    pieces.iter().for_each(|piece| taps.take(&analysers, *piece));
    let (content_type, others) = analysers.named(taps.finish(&analysers));
    assert!(others.is_empty());
    content_type.map(String::from)
}

/// A tar header has its mark at byte 257.
fn tar() -> Vec<u8> {
    let mut tar = vec![b'n'; 700];
    tar[257..263].copy_from_slice(b"ustar\0");
    tar
}

#[test]
fn the_content_type_keeps_the_contract() {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0".to_vec();
    png.extend([0; 300]);
    let samples = [
        Sample::of_bytes("PNG", &png),
        Sample::of_bytes("tar", &tar()),
        Sample::of_bytes("nothing", b"no type has this start"),
        Sample::of_bytes("one byte", b"x"),
        Sample::of_pieces("empty", Vec::new()),
        Sample::of_pieces("zeros", vec![SamplePiece::Zeros(1 << 40)]),
        Sample::of_pieces(
            "PNG behind a hole",
            vec![SamplePiece::Zeros(512), SamplePiece::Data(png.clone())],
        ),
        Sample::of_pieces(
            "PNG that ends",
            vec![SamplePiece::Data(png.clone()), SamplePiece::Bad(9000)],
        ),
        Sample::of_pieces(
            "PNG behind bad bytes",
            vec![SamplePiece::Bad(1), SamplePiece::Data(png)],
        ),
        Sample::of_pieces("long", vec![SamplePiece::Data(tar()), SamplePiece::Zeros(9_000)]),
    ];
    let trials = check(&|| Box::new(ContentType::PLAIN), &samples).unwrap();
    assert_eq!(trials.samples_with_findings, 4);
    assert_eq!(trials.not_saved, 0);
    assert!(trials.restored > 5_000, "{trials:?}");
}

#[test]
fn the_type_is_that_of_the_readable_start() {
    let gif = Some("image/gif".to_owned());
    assert_eq!(type_of(6, &[data(b"GIF"), data(b"89a")]), gif);
    assert_eq!(type_of(20, &[data(b"GIF89a"), Piece::Bad(14, BadReason::LayoutEnds)]), gif);
    let bad = Piece::Bad(2, BadReason::LayoutEnds);
    assert_eq!(type_of(8, &[data(b"GI"), bad, data(b"F89a")]), None);
    assert_eq!(type_of(8, &[bad, data(b"GIF89a")]), None);
    let tar = tar();
    let bytes_behind_the_mark = &tar[263..];
    assert_eq!(
        type_of(700, &[data(&tar[..263]), data(bytes_behind_the_mark)]),
        Some("application/x-tar".to_owned())
    );
}

#[test]
fn only_the_first_eight_kibibytes_count() {
    // A document of Word is told by a name inside: here it lies behind the start.
    let mut zip = b"PK\x03\x04".to_vec();
    zip.resize(8192, 0);
    let before = type_of(8192, &[data(&zip)]);
    let longer = [zip.as_slice(), b"PK\x03\x04word/document.xml"].concat();
    assert_eq!(type_of(longer.len() as u64, &[data(&longer)]), before);
}

/// Every way to hand over a stream gives what the recogniser says of its first 8 KiB.
#[test]
fn the_type_is_what_the_recogniser_says_of_the_first_bytes() {
    let starts: [&[u8]; 9] = [
        b"\x89PNG\r\n\x1a\n",
        b"%PDF-1.7\n",
        b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0[Content_Types].xml",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\x7fELF\x02\x01\x01",
        b"SQLite format 3\0",
        b"ID3\x03",
        b"<!DOCTYPE html><html>",
        b"no type",
    ];
    let mut recognised = 0;
    for start in starts {
        for length in [1, 3, 8, 40, 300, 5_000, 8_191, 8_192, 8_193, 20_000] {
            let mut bytes = start.to_vec();
            bytes.resize(length, b'z');
            let expected =
                infer::get(&bytes[..length.min(8_192)]).map(|kind| kind.mime_type().to_owned());
            recognised += usize::from(expected.is_some());
            for step in [1, 7, 4_096, 8_192, 20_000] {
                let pieces: Vec<Piece<'_>> = bytes.chunks(step).map(data).collect();
                assert_eq!(
                    type_of(length as u64, &pieces),
                    expected,
                    "{start:?}, {length} in {step}"
                );
            }
        }
    }
    assert!(recognised > 40, "{recognised}");
}
