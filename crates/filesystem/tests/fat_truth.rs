//! The FAT reader against the truth tables of images that others made.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test is a panic")]

#[path = "fat/evidence.rs"]
mod evidence;
#[path = "fat/listing.rs"]
mod listing;

use std::collections::BTreeSet;
use std::sync::Arc;

use byte_source::{Section, Source};
use filesystem::{FileSystemKind, OpenOptions};
use serde_json::Value;

const IMAGES: &[&str] = &[
    "rustfatfs-fat12.img",
    "rustfatfs-fat16.img",
    "dfirntfs-fat12.raw",
    "dfirntfs-fat16.raw",
    "dfirntfs-fat_lfn_test.raw",
    "dftt-02-kwsrch-fat",
    "dftt-05-daylight",
    "dftt-09-fat-label",
    "dftt-01-extend-part",
    "velo-fat_very_small.dd",
    "crypt-img_fs_vfat.img",
];

/// Every row in use that independent programs give stands in the listing with the same size and digest, nothing else is in use,
/// and the counts of the metadata add up.
#[test]
fn listings_are_those_of_independent_programs() {
    let Some(shared) = evidence::shared() else { return };
    let mut compared = 0;
    for id in IMAGES {
        let image = evidence::image(&shared, id);
        let truth = evidence::truth(&shared, id);
        let mut offsets: Vec<u64> =
            truth.iter().map(|row| row["partition_offset"].as_u64().unwrap()).collect();
        offsets.dedup();
        for offset in offsets {
            let end = image.len();
            let volume: Arc<dyn Source> = Arc::new(Section::new(Arc::clone(&image), offset..end));
            let rows =
                truth.iter().filter(|row| row["partition_offset"] == offset && row["allocated"] == true);
            compared += compare(id, volume, &rows.collect::<Vec<_>>());
        }
    }
    eprintln!("compared {compared} rows");
    assert!(compared > 1000);
}

fn compare(id: &str, volume: Arc<dyn Source>, truth: &[&Value]) -> usize {
    let (_, fs) = listing::open(volume, &OpenOptions::default()).expect("recognised");
    let listing = listing::list(&*fs);
    for row in truth {
        let path = row["path"].as_str().unwrap();
        let exact = listing.row(path, true);
        // One program alone (verdict "single") leaves out the case bits of short names.
        let Some(ours) =
            exact.or_else(|| listing.row_ignoring_case(path).filter(|_| row["verdict"] == "single"))
        else {
            panic!("{id}: {path} is missing; there are {:?}", listing.rows.keys().collect::<Vec<_>>());
        };
        assert_eq!(ours.size, row["size"].as_u64().unwrap(), "{id}: {path}");
        assert_eq!(ours.md5, row["md5"].as_str().unwrap(), "{id}: {path}");
        assert!(!ours.assumed, "{id}: {path}");
    }
    let files = listing.rows.values().flatten().filter(|row| row.allocated && !row.record.streams.is_empty());
    let with_content: BTreeSet<u64> = files.filter(|row| row.size > 0).map(|row| row.number).collect();
    let known = truth.iter().filter(|row| row["size"] != 0).count();
    assert_eq!(with_content.len(), known, "{id}: files in use with content");
    assert_eq!(listing.expected, [listing.counted], "{id}: census and scan");
    for problem in
        listing.problems.iter().chain(listing.rows.values().flatten().flat_map(|row| &row.problems))
    {
        eprintln!("{id}: {:?}: {problem}", problem.severity);
    }
    truth.len()
}

#[test]
fn volumes_are_told_apart_from_what_looks_like_them() {
    let Some(shared) = evidence::shared() else { return };
    let kinds = [
        ("rustfatfs-fat12.img", Some(FileSystemKind::Fat12)),
        ("dfirntfs-fat16.raw", Some(FileSystemKind::Fat16)),
        ("dftt-01-extend-part", None),
        ("dfirntfs-ntfs3.raw", None),
        ("dfirntfs-gpt-512-3p.raw", None),
        ("tsk-image.dd", None),
    ];
    for (id, kind) in kinds {
        let found = filesystem::recognise(&*evidence::image(&shared, id), &mut byte_source::Scratch::new());
        let fat = found.into_iter().find(|(_, format)| format.name == "FAT").map(|(found, _)| found.kind);
        assert_eq!(fat, kind, "{id}");
    }
}
