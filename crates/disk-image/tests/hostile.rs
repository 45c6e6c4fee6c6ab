//! Container files that somebody made to keep the reader busy, or to make it say less than it was asked for.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod beside;

use std::sync::Arc;

use byte_source::{MemorySource, Scratch};

fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

/// Every section says that the next one is far behind the file; every one of them is found by searching. Reading a megabyte for each
/// search would take hours.
#[test]
fn an_ewf_file_of_broken_sections_is_read_in_the_time_of_its_length() {
    let mut file = b"EVF\x09\x0d\x0a\xff\x00\x01\x01\x00\x00\x00".to_vec();
    for number in 0..40_000_u64 {
        let mut section = b"sectors".to_vec();
        section.resize(16, 0);
        section.extend_from_slice(&(u64::MAX - number).to_le_bytes());
        section.resize(72, 0);
        let sum = adler32(&section);
        section.extend_from_slice(&sum.to_le_bytes());
        file.extend_from_slice(&section);
    }
    let nothing = beside::Folder { path: "/nonexistent".into(), positioned: false };
    let source = Arc::new(MemorySource::new(file));
    let opened = disk_image::open("hostile.E01", source, &nothing, &mut Scratch::new());
    assert!(opened.is_err() || opened.is_ok_and(|image| !image.problems.is_empty()));
}

/// A block map that points past 2^64: found by fuzzing, the visit handed over less than it was asked for and said nothing.
#[test]
fn a_vdi_block_beyond_every_address_reads_as_bad() {
    let mut file = vec![0; 1 << 10];
    file[64..68].copy_from_slice(&0xbeda_107f_u32.to_le_bytes());
    file[68..72].copy_from_slice(&0x0001_0001_u32.to_le_bytes());
    for (at, value) in
        [(72, 400_u32), (76, 1), (0x154, 512), (0x158, u32::MAX), (0x168, 512), (0x178, 1 << 20)]
    {
        file[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    for (at, value) in [(0x170, 1_u64 << 20)] {
        file[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    for (at, value) in [(0x17c, u32::MAX), (0x180, 1), (0x184, 1), (512, 0xffff_fff0)] {
        file[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    let image = beside::open_bytes("hostile.vdi", file).unwrap_or_else(|error| panic!("{error}"));
    // Panics when the pieces do not add up to the medium.
    let sweep = beside::sweep(&*image.medium);
    assert_eq!(sweep.bad.iter().map(|(_, length, _)| length).sum::<u64>(), sweep.bytes);
}
