//! Container files that somebody made to keep the reader busy, or to make it say less than it was asked for.
use crate::beside;

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use byte_source::{MemorySource, Scratch, Source, Visitor};

/// A source that counts the bytes that were asked for.
struct Counted {
    inner: MemorySource,
    read: AtomicU64,
}

impl Source for Counted {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        self.read.fetch_add(range.end - range.start, Ordering::Relaxed);
        self.inner.visit(range, scratch, each)
    }
}

fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

/// Every section says that the next one is far behind the file; every one of them is found by searching. A megabyte must
/// not be read for each.
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
    let bytes = file.len() as u64;
    let source = Arc::new(Counted { inner: MemorySource::new(file), read: AtomicU64::new(0) });
    let opened =
        disk_image::open("hostile.E01", Arc::clone(&source) as _, &nothing, &mut Scratch::new());
    assert!(opened.is_err() || opened.is_ok_and(|image| !image.problems.is_empty()));
    let read = source.read.load(Ordering::Relaxed);
    assert!(read < 100 * bytes, "{read} bytes were read of a file of {bytes}");
}

/// A block map that points past 2^64: found by fuzzing, the visit handed over less than it was asked for and said nothing.
#[test]
fn a_vdi_block_beyond_every_address_reads_as_bad() {
    let mut file = vec![0; 1 << 10];
    file[64..68].copy_from_slice(&0xbeda_107f_u32.to_le_bytes());
    file[68..72].copy_from_slice(&0x0001_0001_u32.to_le_bytes());
    // Offsets of map and data, size of the medium, of a block, extra bytes of a block, blocks, and the first entry of the map.
    let words = [
        (76, 1),
        (340, 512),
        (344, 1024),
        (376, 1 << 20),
        (380, u32::MAX),
        (384, 1),
        (512, 0xffff_fff0_u32),
    ];
    for (at, value) in words {
        file[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    file[368..376].copy_from_slice(&(1_u64 << 20).to_le_bytes());
    let image = beside::open_bytes("hostile.vdi", file).unwrap_or_else(|error| panic!("{error}"));
    // Panics when the pieces do not add up to the medium.
    let sweep = beside::sweep(&*image.medium);
    assert_eq!(sweep.bad.iter().map(|(_, length, _)| length).sum::<u64>(), sweep.bytes);
}
