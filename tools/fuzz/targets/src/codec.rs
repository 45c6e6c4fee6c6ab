//! Decoders, without the file systems and containers around them.

use std::sync::Arc;

use byte_source::{MemorySource, Piece, Scratch, length};
use codec::Decoders;
use filesystem::{Codec, Coded, Confidence, Layout, Place, Run, Stream, StreamKind, pump};

use crate::container;
use crate::look::Meter;

/// Bytes of a compression unit of NTFS with clusters of 4 KiB.
const UNIT_BYTES: u32 = 64 << 10;

/// A unit of any coding: the first byte says which, the second how many KiB it may have.
pub(crate) fn unit(input: &[u8]) {
    let Some((&[coding, kibibytes], coded)) = input.split_first_chunk() else { return };
    let all = codec::Codec::ALL;
    let coding = all[usize::from(coding) % all.len()];
    let size = usize::from(kibibytes) << 10;
    let mut decoders = Decoders::default();
    let mut decode = || {
        let mut out = Vec::new();
        decoders.decode(coding, coded, size, &mut out).map(|()| out)
    };
    let bytes = decode();
    assert!(
        bytes.as_ref().is_ok_and(|bytes| bytes.len() <= size) || bytes.is_err(),
        "outgrows the limit"
    );
    assert!(bytes == decode(), "decoded otherwise the second time");
}

/// A compression unit of NTFS.
pub(crate) fn lznt1(input: &[u8]) {
    let hole = u64::from(UNIT_BYTES).saturating_sub(length(input.len()));
    let runs = vec![
        Run { length: length(input.len()), place: Place::At(0) },
        Run { length: hole, place: Place::Hole },
    ];
    decode(Codec::Lznt1, UNIT_BYTES, runs, u64::from(UNIT_BYTES), input);
}

/// A chunk of 16 KiB of the Windows Overlay Filter, or several: the first byte says how long the whole is.
pub(crate) fn xpress(input: &[u8]) {
    wof(Codec::WofXpress16k, 16 << 10, input);
}

/// The same, 32 KiB, LZX.
pub(crate) fn lzx(input: &[u8]) {
    wof(Codec::WofLzx, 32 << 10, input);
}

fn wof(codec: Codec, unit_bytes: u32, input: &[u8]) {
    let Some((size, coded)) = input.split_first() else { return };
    let runs = vec![Run { length: length(coded.len()), place: Place::At(0) }];
    // Up to three chunks, the last one cut.
    decode(codec, unit_bytes, runs, u64::from(*size) * u64::from(unit_bytes) / 90 + 1, coded);
}

fn decode(codec: Codec, unit_bytes: u32, runs: Vec<Run>, size: u64, coded: &[u8]) {
    let volume = MemorySource::new(coded.to_vec());
    let layout = Layout::Coded(Coded { codec, unit_bytes, coded_bytes: length(coded.len()), runs });
    let kind = StreamKind::Data;
    let confidence = Confidence::Recorded;
    let stream = Stream { kind, name: Vec::new(), size, valid: size, layout, confidence };
    let mut scratch = Scratch::new();
    let read = |scratch: &mut Scratch| {
        let mut meter = Meter::default();
        let mut bytes = Vec::new();
        let _ = pump(&volume, &stream, scratch, &mut |piece| {
            if let Piece::Data { bytes: these, .. } = piece {
                bytes.extend_from_slice(these);
            }
            meter.take(&piece)
        });
        assert_eq!(meter.bytes(), size);
        bytes
    };
    // A worker's tools are used again: what one stream left behind must not change the next.
    assert!(read(&mut scratch) == read(&mut scratch), "decoded otherwise the second time");
}

/// A chunk of an Apple disk image: the first byte says how it is coded.
pub(crate) fn dmg_chunk(input: &[u8]) {
    let Some((kind, coded)) = input.split_first() else { return };
    let kind: u32 = 0x8000_0004 + u32::from(kind % 5);
    let sectors = 2048_u64;
    let mut table = Vec::from(*b"mish");
    table.extend_from_slice(&1_u32.to_be_bytes());
    table.extend_from_slice(&0_u64.to_be_bytes());
    table.extend_from_slice(&sectors.to_be_bytes());
    table.resize(200, 0);
    table.extend_from_slice(&2_u32.to_be_bytes());
    for (kind, sector, sectors, length) in
        [(kind, 0, sectors, length(coded.len())), (u32::MAX, sectors, 0, 0)]
    {
        table.extend_from_slice(&kind.to_be_bytes());
        table.extend_from_slice(&[0; 4]);
        [sector, sectors, 0, length]
            .iter()
            .for_each(|field| table.extend_from_slice(&field.to_be_bytes()));
    }
    let list = format!(
        "<key>blkx</key><array><dict><key>Data</key><data>{}</data></dict></array>",
        base64(&table)
    );
    let mut file = coded.to_vec();
    file.extend_from_slice(list.as_bytes());
    let mut trailer = vec![0; 512];
    trailer[..4].copy_from_slice(b"koly");
    trailer[216..224].copy_from_slice(&length(coded.len()).to_be_bytes());
    trailer[224..232].copy_from_slice(&length(list.len()).to_be_bytes());
    trailer[492..500].copy_from_slice(&sectors.to_be_bytes());
    file.extend_from_slice(&trailer);
    container::open("chunk.dmg", Arc::new(MemorySource::new(file)));
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let mut whole = [0; 4];
        whole[1..=three.len()].copy_from_slice(three);
        let bits = u32::from_be_bytes(whole);
        for place in 0..4 {
            let digit = DIGITS[usize::try_from(bits >> (18 - 6 * place) & 63).unwrap_or(0)];
            text.push(if place <= three.len() { char::from(digit) } else { '=' });
        }
    }
    text
}
