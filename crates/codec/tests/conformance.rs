//! One suite for all codings. The samples of zlib, deflate, bzip2, xz and zstd were written by other programs, those of XPRESS and LZNT1
//! come from [MS-XCA]; those of ADC, LZFSE and LZX are laid out by hand. What real encoders write of them stands in the shared images
//! that `disk-image` and `filesystem` read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod samples;

use codec::{Codec, Decoders, MOST_UNIT_BYTES, Undecodable};
use samples::{Sample, samples};

fn decoded(decoders: &mut Decoders, sample: &Sample, size: usize) -> Result<Vec<u8>, Undecodable> {
    let mut out = b"what the unit before left behind".to_vec();
    decoders.decode(sample.codec, &sample.coded, size, &mut out).map(|()| out)
}

#[test]
fn every_coding_gives_the_bytes_that_were_coded() {
    let mut decoders = Decoders::default();
    for codec in Codec::ALL {
        let sample = samples().into_iter().find(|sample| sample.codec == codec).expect("a sample");
        assert_eq!(
            decoded(&mut decoders, &sample, sample.plain.len()),
            Ok(sample.plain),
            "{codec:?}"
        );
    }
}

#[test]
fn a_stream_ends_at_its_mark_and_padding_is_no_part_of_it() {
    let mut decoders = Decoders::default();
    for mut sample in samples().into_iter().filter(|sample| sample.has_end_mark) {
        let codec = sample.codec;
        let size = sample.plain.len();
        assert_eq!(
            decoded(&mut decoders, &sample, size + 1000).as_ref(),
            Ok(&sample.plain),
            "{codec:?}"
        );
        assert_eq!(
            decoded(&mut decoders, &sample, size - 1),
            Err(Undecodable),
            "{codec:?} is cut silently"
        );
        sample.coded.extend_from_slice(&[0; 500]);
        // The bytes of an LZFSE unit end with its mark: containers store its exact length.
        let expected =
            if codec == Codec::Lzfse { Err(Undecodable) } else { Ok(sample.plain.clone()) };
        assert_eq!(decoded(&mut decoders, &sample, size), expected, "{codec:?} with padding");
    }
}

#[test]
fn a_stream_without_its_end_is_refused() {
    let mut decoders = Decoders::default();
    for mut sample in samples().into_iter().filter(|sample| sample.has_end_mark) {
        let size = sample.plain.len();
        while sample.coded.pop().is_some() {
            let cut = decoded(&mut decoders, &sample, size);
            assert_eq!(
                cut,
                Err(Undecodable),
                "{:?} after {} bytes",
                sample.codec,
                sample.coded.len()
            );
        }
    }
}

#[test]
fn a_changed_byte_is_found_by_the_codings_with_a_checksum() {
    let mut decoders = Decoders::default();
    for mut sample in samples().into_iter().filter(|sample| sample.has_checksum) {
        let size = sample.plain.len();
        for at in 0..sample.coded.len() {
            sample.coded[at] ^= 0x10;
            if let Ok(bytes) = decoded(&mut decoders, &sample, size) {
                // A bit that means nothing to the bytes.
                assert_eq!(bytes, sample.plain, "{:?}, byte {at}", sample.codec);
            }
            sample.coded[at] ^= 0x10;
        }
    }
}

#[test]
fn a_broken_unit_neither_outgrows_the_limit_nor_changes_the_next_one() {
    let mut decoders = Decoders::default();
    for sample in samples() {
        let size = sample.plain.len();
        for at in 0..sample.coded.len() {
            let mut broken = sample.coded.clone();
            let mut out = Vec::new();
            for bit in 0..8 {
                broken[at] ^= 1 << bit;
                let told = decoders.decode(sample.codec, &broken, size, &mut out);
                assert!(told.is_err() || out.len() <= size, "{:?}, byte {at}", sample.codec);
                broken[at] ^= 1 << bit;
            }
            let sound = decoded(&mut decoders, &sample, size);
            assert_eq!(
                sound.as_ref(),
                Ok(&sample.plain),
                "{:?} after broken byte {at}",
                sample.codec
            );
        }
    }
}

#[test]
fn more_than_the_limit_is_refused_whatever_the_coding() {
    let mut decoders = Decoders::default();
    for sample in samples() {
        let mut out = Vec::new();
        let told = decoders.decode(sample.codec, &sample.coded, MOST_UNIT_BYTES + 1, &mut out);
        assert_eq!((told, out.capacity()), (Err(Undecodable), 0), "{:?}", sample.codec);
    }
}
