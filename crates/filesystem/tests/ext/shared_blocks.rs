//! Inodes that share their blocks, as on a volume made to keep a reader busy: what is read for all of them together is limited, and
//! where the limit falls depends on nothing but the volume.

use std::fs;

use filesystem::{Found, Layout, Record};

use crate::population::pattern;
use crate::reading::{Reading, read_bytes};
use crate::workshop::Workshop;

/// Inodes of the volume.
const INODES: u64 = 1024;

/// An ext2 volume of 4 MiB with files of these sizes, and their inode numbers.
fn volume_with(sizes: &[usize]) -> Option<(Vec<u8>, Vec<u64>)> {
    let options = ["-t", "ext2", "-b", "1024", "-I", "128", "-N", "1024"];
    let workshop = Workshop::new(4 << 20, &options)?;
    for (number, size) in (1_u64..).zip(sizes) {
        let source = workshop.path("source");
        fs::write(&source, pattern(number, *size)).unwrap();
        workshop.debugfs(&format!("write {} file{number}\n", source.to_str().unwrap()));
    }
    let image = fs::read(workshop.image()).unwrap();
    let reading = read_bytes(image.clone());
    let paths = reading.paths();
    let number = |number| paths[format!("/file{number}").as_bytes()].id.number;
    Some((image, (1..=sizes.len()).map(number).collect()))
}

/// Copies an inode over others.
fn copy_inode(image: &mut [u8], from: u64, to: impl Iterator<Item = u64>) {
    let reading = read_bytes(image.to_vec());
    let at = |number: u64| (reading.records[&2].at + (number - 2) * 128) as usize;
    assert_eq!(at(from) as u64, reading.records[&from].at, "one group");
    for number in to {
        image.copy_within(at(from)..at(from) + 128, at(number));
    }
}

fn layout(reading: &Reading, number: u64) -> &Layout {
    &reading.records[&number].streams[0].layout
}

fn scanned_by(reading: &Reading, step: u64) -> Vec<Record> {
    let mut records = Vec::new();
    let mut scratch = byte_source::Scratch::new();
    // From the end, as no part may hang on those before it.
    for start in (0..INODES.div_ceil(step)).rev().map(|part| part * step) {
        let mut part = Vec::new();
        reading.fs.scan(start..(start + step).min(INODES), &mut scratch, &mut |found| {
            if let Found::Record(record) = found {
                part.push(*record);
            }
        });
        records.splice(0..0, part);
    }
    records
}

#[test]
fn a_thousand_inodes_with_the_same_map_are_cut_at_the_same_place_by_every_division() {
    let Some((mut image, numbers)) = volume_with(&[1_000_000]) else { return };
    copy_inode(&mut image, numbers[0], numbers[0] + 1..=INODES);
    let reading = read_bytes(image.clone());
    assert!(reading.damage().iter().any(|problem| problem.contains("for one part of a scan")));
    assert_eq!(layout(&reading, numbers[0]), layout(&reading, 500), "far from the limit");
    assert_ne!(layout(&reading, numbers[0]), layout(&reading, INODES), "behind the limit");

    let whole: Vec<Record> = reading.records.values().cloned().collect();
    for step in [7, 100, INODES - 1] {
        let fresh = read_bytes(image.clone());
        assert!(scanned_by(&fresh, step) == whole, "parts of {step}");
    }
    let fresh =
        crate::reading::open_source(std::sync::Arc::new(byte_source::MemorySource::new(image)));
    let fresh = fresh.unwrap().unwrap();
    let mut scratch = byte_source::Scratch::new();
    for record in whole.iter().rev() {
        assert_eq!(fresh.record(record.id, &mut scratch).as_ref(), Ok(record));
    }
}

#[test]
fn maps_that_were_cut_off_with_the_volume_leave_the_limit_to_those_that_are_there() {
    let Some((mut image, numbers)) = volume_with(&[200_000, 300_000, 2_000_000]) else { return };
    let whole = read_bytes(image.clone());
    let [near, _, far] = numbers[..] else { panic!("{numbers:?}") };
    copy_inode(&mut image, far, far + 1..INODES);
    copy_inode(&mut image, near, std::iter::once(INODES));
    image.truncate(512 << 10);
    let reading = read_bytes(image);
    assert_ne!(layout(&reading, far), layout(&whole, far), "its map is cut off");
    assert_eq!(layout(&reading, near), layout(&whole, near));
    assert_eq!(
        layout(&reading, INODES),
        layout(&whole, near),
        "a thousand lost maps stand before it"
    );
}
