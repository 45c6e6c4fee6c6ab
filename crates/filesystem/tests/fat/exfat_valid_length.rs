//! exFAT's valid data length: what was allocated but never written reads as zeros (exFAT specification, section 7.6.5).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    reason = "a failed test is a panic"
)]

use crate::evidence;
use crate::listing;

use std::ops::ControlFlow;
use std::sync::Arc;

use byte_source::{MemorySource, Piece, Scratch, read_vec};
use filesystem::{FileSystem, Found, Layout, OpenOptions, Record, pump};

const IMAGE: &str = "go-exfat-test.exfat";
/// Bytes of a directory entry.
const ENTRY: usize = 32;

/// The records in use with a stored stream of some sectors, in the order of the scan.
fn files(fs: &dyn FileSystem) -> Vec<Record> {
    let mut records = Vec::new();
    fs.scan(0..fs.record_space().slots, &mut Scratch::new(), &mut |found| {
        if let Found::Record(record) = found
            && record.streams.first().is_some_and(|stream| {
                stream.size > 1500 && matches!(stream.layout, Layout::Runs(_))
            })
            && !record.metadata
        {
            records.push(*record);
        }
    });
    records
}

fn content(fs: &dyn FileSystem, record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = pump(fs.volume().as_ref(), &record.streams[0], &mut Scratch::new(), &mut |piece| {
        match piece {
            Piece::Data { bytes: these, .. } => bytes.extend_from_slice(these),
            Piece::Zero(count) => bytes.resize(bytes.len() + count as usize, 0),
            Piece::Bad(..) => panic!("{piece:?}"),
        }
        ControlFlow::Continue(())
    });
    bytes
}

/// Section 6.3.3: over all bytes of the set but those of the sum itself.
fn checksum(set: &[u8]) -> u16 {
    let bytes = set.iter().enumerate().filter(|(at, _)| !matches!(at, 2 | 3));
    bytes.fold(0, |sum: u16, (_, byte)| sum.rotate_right(1).wrapping_add(u16::from(*byte)))
}

#[test]
fn bytes_behind_the_valid_length_are_zeros_whatever_lies_in_the_clusters() {
    let Some(shared) = evidence::shared() else { return };
    let source = evidence::image(&shared, IMAGE);
    let (_, sound) = listing::open(Arc::clone(&source), &OpenOptions::default()).unwrap();
    let before = files(&*sound).into_iter().next().expect("a file of some sectors");
    let whole = content(&*sound, &before);
    assert_eq!(before.streams[0].valid, before.streams[0].size);
    assert!(whole[1000..].iter().any(|byte| *byte != 0), "the clusters hold something to hide");

    let mut bytes = read_vec(source.as_ref(), 0, source.len(), &mut Scratch::new()).unwrap();
    let at = usize::try_from(before.at).unwrap();
    let entries = 1 + usize::from(bytes[at + 1]);
    let set = &mut bytes[at..at + entries * ENTRY];
    assert_eq!((set[0], set[ENTRY]), (0x85, 0xc0));
    assert_eq!(checksum(set), u16::from_le_bytes([set[2], set[3]]), "the sum as the image has it");
    set[ENTRY + 8..ENTRY + 16].copy_from_slice(&1000_u64.to_le_bytes());
    let sum = checksum(set).to_le_bytes();
    set[2..4].copy_from_slice(&sum);

    let (_, changed) =
        listing::open(Arc::new(MemorySource::new(bytes)), &OpenOptions::default()).unwrap();
    let after = files(&*changed).into_iter().find(|record| record.id == before.id).unwrap();
    assert_eq!((after.streams[0].size, after.streams[0].valid), (before.streams[0].size, 1000));
    let shown = content(&*changed, &after);
    assert_eq!(shown.len(), whole.len());
    assert_eq!(shown[..1000], whole[..1000]);
    assert!(shown[1000..].iter().all(|byte| *byte == 0));
    assert!(after.problems.is_empty(), "{:?}", after.problems);
}
