//! Volumes whose metadata was changed at random: nothing panics, hangs, or hands over more than there can be.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use byte_source::{MemorySource, Scratch, Source, Visitor};
use filesystem::{FileSystem, Found, Record, pump};

use crate::damage::small;
use crate::generated::{fill_small, noise};
use crate::listing::open;

/// Reads of the volume after which a mutant is taken for one that hangs; the work is counted, since a clock measures how busy the
/// machine is. The mutants here need some thousands.
const MOST_READS: u64 = 2_000_000;

/// A volume that counts how often it is read, and ends a reader that does not come to its end.
struct Counted {
    volume: MemorySource,
    reads: AtomicU64,
}

impl Source for Counted {
    fn len(&self) -> u64 {
        self.volume.len()
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let reads = self.reads.fetch_add(1, Ordering::Relaxed);
        assert!(reads < MOST_READS, "read {reads} times and no end, now at {range:?}");
        self.volume.visit(range, scratch, each)
    }
}

/// Changes 1 to 200 bytes of the metadata; cuts every tenth volume off.
fn mutate(image: &mut Vec<u8>, metadata: &[Range<usize>], seed: u64) {
    let random: Vec<usize> = noise(seed, 8000)
        .chunks(4)
        .map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()) as usize)
        .collect();
    let count = 1 + random[0] % if seed.is_multiple_of(2) { 10 } else { 200 };
    for change in random[1..].chunks(3).take(count) {
        let range = &metadata[change[0] % metadata.len()];
        let at = range.start + change[1] % range.len();
        if at < image.len() {
            image[at] = change[2] as u8;
        }
    }
    if seed.is_multiple_of(10) {
        image.truncate(random[1999] % image.len());
    }
}

/// Uses everything that the contract offers; returns how many things were handed over.
fn exercise(file_system: &dyn FileSystem) -> u64 {
    let mut scratch = Scratch::new();
    let space = file_system.record_space();
    let mut records: Vec<Record> = Vec::new();
    let mut found = 0;
    let mut start = 0;
    while start < space.slots {
        let end = (start + space.part).min(space.slots);
        file_system.scan(start..end, &mut scratch, &mut |this| {
            found += 1;
            if let Found::Record(record) = this {
                records.push(*record);
            }
        });
        start = end;
    }
    for record in &records {
        let _ = file_system.record(record.id, &mut scratch);
        for stream in &record.streams {
            // The first four megabytes of what is there; a hole costs nothing.
            let mut total = 0_u64;
            let mut stored = 0_u64;
            let flow = pump(&**file_system.volume(), stream, &mut scratch, &mut |piece| {
                total += piece.len();
                if matches!(piece, byte_source::Piece::Data { .. }) {
                    stored += piece.len();
                }
                if stored > 4 << 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            assert!(flow.is_break() || total == stream.size, "{total} of {} bytes", stream.size);
        }
    }
    file_system.census(&mut scratch);
    let mut last = 0;
    file_system.unallocated(&mut scratch, &mut |range| {
        assert!(last <= range.start && range.start < range.end);
        last = range.end;
    });
    found
}

fn run(image: &[u8], metadata: &[Range<usize>], seeds: Range<u64>) {
    let mut opened = 0;
    let mut most = (0, 0);
    for seed in seeds.clone() {
        let mut mutant = image.to_vec();
        mutate(&mut mutant, metadata, seed);
        let length = mutant.len() as u64;
        let volume =
            Arc::new(Counted { volume: MemorySource::new(mutant), reads: AtomicU64::new(0) });
        if let Ok(file_system) = open(Arc::clone(&volume) as _) {
            opened += 1;
            let found = exercise(&*file_system);
            assert!(found < length, "seed {seed}: {found} things from {length} bytes");
        }
        most = most.max((volume.reads.load(Ordering::Relaxed), seed));
    }
    println!(
        "{} mutants, {opened} opened, most reads and their seed: {most:?}",
        seeds.end - seeds.start
    );
    assert!(opened > (seeds.end - seeds.start) / 2);
}

#[test]
fn mutants_of_a_small_volume() {
    let Some(image) = small() else { return };
    // Boot sector; the MFT; $MFTMirr.
    run(&image, &[0..512, 16_384..16_384 + 600 * 512, 2047 * 512..2055 * 512], 0..300);
}

#[test]
fn mutants_of_a_volume_with_compression_extension_records_and_indexes() {
    let folder = tempfile::tempdir().unwrap();
    let Some((image, metadata)) = fill_small(folder.path()) else { return };
    run(&image, &metadata, 1000..1150);
}
