//! What the contract promises, for every file system alike, on images that nobody here made (`../shared/data` beside the workspace).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on fails"
)]

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use byte_source::{MappedFile, Scratch, Section, Source};
use filesystem::{FileSystem, FileSystemKind, Found, Layout, OpenOptions, Record, pump, recognise};

/// Bytes of a stream that are pumped; holes of gigabytes are not walked here.
const MOST_PUMPED: u64 = 64 << 20;

/// The volume at byte `start` of an image, and the folder that keeps it on disk.
fn volume(id: &str, start: u64) -> Option<(Arc<dyn Source>, tempfile::TempDir)> {
    let evidence =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/evidence").join(id);
    let Ok(files) = std::fs::read_dir(&evidence) else {
        eprintln!("skipped: {} is not there; this test needs its image", evidence.display());
        return None;
    };
    let file = files.map(|file| file.unwrap().path()).next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    if file.extension().is_some_and(|extension| extension == "zst") {
        let unpack = Command::new("zstd")
            .args(["-d", "-q", "--long=27", "--sparse"])
            .arg(&file)
            .arg("-o")
            .arg(&image)
            .status();
        assert!(unpack.unwrap().success());
    } else {
        std::fs::copy(&file, &image).unwrap();
    }
    let medium: Arc<dyn Source> =
        Arc::new(MappedFile::new(&std::fs::File::open(&image).unwrap()).unwrap());
    let end = medium.len();
    Some((Arc::new(Section::new(medium, start..end)), folder))
}

fn scan(file_system: &dyn FileSystem, step: u64) -> Vec<Found> {
    let slots = file_system.record_space().slots;
    let mut found = Vec::new();
    let mut scratch = Scratch::new();
    let mut start = 0;
    while start < slots {
        let end = (start + step).min(slots);
        file_system.scan(start..end, &mut scratch, &mut |item| found.push(item));
        start = end;
    }
    found
}

fn records(found: &[Found]) -> impl Iterator<Item = &Record> {
    found.iter().filter_map(|item| match item {
        Found::Record(record) => Some(record.as_ref()),
        _ => None,
    })
}

fn conforms(id: &str, start: u64, kind: FileSystemKind) {
    let Some((volume, _folder)) = volume(id, start) else { return };
    let mut scratch = Scratch::new();
    let recognised = recognise(volume.as_ref(), &mut scratch);
    let kinds: Vec<_> = recognised.iter().map(|(recognised, _)| recognised.kind).collect();
    let (_, format) =
        recognised.into_iter().next().unwrap_or_else(|| panic!("{id}: not recognised"));
    let file_system =
        format.open(Arc::clone(&volume), &OpenOptions::default(), &mut scratch).unwrap();
    assert_eq!(file_system.summary().kind, kind, "{id}: recognised as {kinds:?}");
    let file_system = file_system.as_ref();
    let found = scan(file_system, file_system.record_space().part);

    every_split_gives_the_same(id, file_system, &found);
    the_census_is_met(id, file_system, &found, &mut scratch);
    identities_are_unique_and_records_come_back(id, file_system, &found, &mut scratch);
    streams_have_their_size(id, file_system, &found, &mut scratch);
    unallocated_space_is_ascending_and_inside(id, file_system, &mut scratch);
}

fn every_split_gives_the_same(id: &str, file_system: &dyn FileSystem, found: &[Found]) {
    let fine = scan(file_system, 7);
    let kept = |found: &[Found]| -> Vec<Found> {
        // Problems may be told once a part; everything else belongs to its slot.
        found.iter().filter(|item| !matches!(item, Found::Problem(_))).cloned().collect()
    };
    assert_eq!(kept(found).len(), kept(&fine).len(), "{id}: parts of 7 slots");
    assert!(kept(found) == kept(&fine), "{id}: parts of 7 slots give other records or links");
}

fn the_census_is_met(
    id: &str,
    file_system: &dyn FileSystem,
    found: &[Found],
    scratch: &mut Scratch,
) {
    let counted = found
        .iter()
        .filter(|item| match item {
            Found::Record(record) => record.counted,
            Found::Extension(extension) => extension.counted,
            _ => false,
        })
        .count() as u64;
    let census = file_system.census(scratch);
    assert!(!census.tallies.is_empty(), "{id}");
    for tally in census.tallies {
        assert_eq!(tally.expected, counted, "{id}: {}", tally.what);
    }
}

fn identities_are_unique_and_records_come_back(
    id: &str,
    file_system: &dyn FileSystem,
    found: &[Found],
    scratch: &mut Scratch,
) {
    let mut seen = HashSet::new();
    for record in records(found) {
        assert!(seen.insert(record.id), "{id}: {:?} twice", record.id);
        let again = file_system
            .record(record.id, scratch)
            .unwrap_or_else(|problem| panic!("{id}: {problem}"));
        assert_eq!((again.id, again.at, again.kind), (record.id, record.at, record.kind), "{id}");
        assert_eq!(again.streams, record.streams, "{id}: streams of {:?}", record.id);
    }
    assert!(!seen.is_empty(), "{id}: no records");
}

fn streams_have_their_size(
    id: &str,
    file_system: &dyn FileSystem,
    found: &[Found],
    scratch: &mut Scratch,
) {
    let mut pumped = 0_u64;
    for record in records(found) {
        for stream in record.streams.iter().filter(|stream| stream.size <= MOST_PUMPED) {
            let mut bytes = 0;
            let mut bad = 0;
            let _ = pump(file_system.volume().as_ref(), stream, scratch, &mut |piece| {
                bytes += piece.len();
                bad += if matches!(piece, byte_source::Piece::Bad(..)) { piece.len() } else { 0 };
                ControlFlow::Continue(())
            });
            assert_eq!(bytes, stream.size, "{id}: {:?}", record.id);
            let readable =
                matches!(stream.layout, Layout::Inline { .. } | Layout::Runs(_) | Layout::Coded(_));
            if readable && record.allocation == filesystem::Allocation::Allocated {
                assert_eq!(bad, 0, "{id}: {:?} of a sound image has bad bytes", record.id);
            }
            pumped += 1;
        }
    }
    assert!(pumped > 0, "{id}: no streams");
}

fn unallocated_space_is_ascending_and_inside(
    id: &str,
    file_system: &dyn FileSystem,
    scratch: &mut Scratch,
) {
    let mut end = 0;
    let mut runs = 0;
    let problems = file_system.unallocated(scratch, &mut |run| {
        assert!(run.start < run.end, "{id}: {run:?} is empty");
        assert!(
            runs == 0 || run.start > end,
            "{id}: {run:?} is not behind, or touches, the run before it"
        );
        end = run.end;
        runs += 1;
    });
    assert!(end <= file_system.volume().len(), "{id}");
    assert_eq!(problems, [], "{id}");
}

#[test]
fn ntfs_conforms() {
    conforms("colinfinck-testfs1", 0, FileSystemKind::Ntfs);
    conforms("dfirntfs-ntfs3.raw", 0, FileSystemKind::Ntfs);
}

#[test]
fn ext_conforms() {
    conforms("tsk-image.dd", 0, FileSystemKind::Ext2);
    conforms("ext4view-test_disk_ext3.bin", 0, FileSystemKind::Ext3);
    conforms("crypt-img_fs_ext4.img", 0, FileSystemKind::Ext4);
}

#[test]
fn fat_conforms() {
    conforms("dfirntfs-fat12.raw", 0, FileSystemKind::Fat12);
    conforms("rustfatfs-fat16.img", 0, FileSystemKind::Fat16);
    conforms("dftt-02-kwsrch-fat", 0, FileSystemKind::Fat16);
}

#[test]
fn exfat_conforms() {
    conforms("dfirntfs-exfat_win.raw", 0, FileSystemKind::ExFat);
    conforms("go-exfat-test.exfat", 0, FileSystemKind::ExFat);
}
