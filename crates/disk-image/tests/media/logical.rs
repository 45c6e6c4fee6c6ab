//! Logical evidence files written by the crate ewf-image (`testdata/ewf`), whole and damaged.
use crate::beside;

use std::fs;
use std::path::{Path, PathBuf};

use beside::Seeded;
use byte_source::{Scratch, Severity, read_vec};
use case_model::{Algorithm, to_hex};
use disk_image::{Container, LogicalData, LogicalEntry, LogicalTimes, OpenedImage};
use md5::{Digest, Md5};

/// The files that `ewfexport -f files` of libewf gives for both images, with `md5sum` of each.
const FILES: [(&str, &str, u64); 5] = [
    ("C|Documents|note.txt", "5d41402abc4b2a76b9719d911017c592", 5),
    ("C|Documents|empty", "d41d8cd98f00b204e9800998ecf8427e", 0),
    ("C|Documents|كتاب الصيف.bin", "858b7ca9ae18154416a6af704da6c997", 50_001),
    ("C|a/b\\c", "56bb1b94ee9e9eea535fc173e91c6ee0", 7),
    ("C|été|x.dat", "70de2dba5c0d71ecaf2c38369102ca6a", 32_330),
];
const IMAGES: [(&str, Container); 2] =
    [("ewf-image.L01", Container::EwfLogical), ("ewf-image.Lx01", Container::Ewf2Logical)];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/ewf").join(name)
}

/// The names from the root to entry `index`.
fn names(entries: &[LogicalEntry], index: usize) -> String {
    let own = String::from_utf16(&entries[index].name).unwrap();
    match entries[index].parent.map(|parent| names(entries, parent)) {
        Some(above) if !above.is_empty() => format!("{above}|{own}"),
        _ => own,
    }
}

/// The data of an entry as far as they can be read.
fn data(image: &OpenedImage, entry: &LogicalEntry) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    if let LogicalData::Extents(ranges) = &entry.data {
        for range in ranges {
            let count = range.end - range.start;
            bytes.extend(read_vec(&*image.medium, range.start, count, &mut Scratch::new()).ok()?);
        }
    }
    (bytes.len() as u64 == entry.size).then_some(bytes)
}

#[test]
fn the_files_are_those_that_an_independent_reader_exports() {
    for (name, container) in IMAGES {
        for positioned in [false, true] {
            let image = beside::open_by(&path(name), positioned).unwrap();
            assert_eq!(image.container, container);
            // The writer sets no integrity hash in version 2.
            let notes = usize::from(container == Container::Ewf2Logical);
            assert_eq!(image.problems.len(), notes, "{:?}", image.problems);
            assert!(image.problems.iter().all(|problem| problem.severity == Severity::Note));
            let entries = image.logical_entries.as_deref().unwrap();
            let mut found = Vec::new();
            for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| !entry.is_folder) {
                let md5 = Md5::digest(data(&image, entry).unwrap());
                let stored =
                    entry.stored_digests.iter().find(|stored| stored.algorithm == Algorithm::Md5);
                assert_eq!(stored.unwrap().digest, md5.as_slice());
                assert_eq!(entry.stored_digests.len(), 2);
                found.push((names(entries, index), to_hex(&md5), entry.size));
            }
            let expected = FILES.map(|(name, md5, size)| (name.to_owned(), md5.to_owned(), size));
            assert_eq!(found, expected, "{name}");
            assert_eq!(entries.len(), 9, "root, three folders and five files");
        }
    }
}

#[test]
fn times_are_those_that_were_given() {
    for (name, _) in IMAGES {
        let image = beside::open(&path(name)).unwrap();
        let entries = image.logical_entries.as_deref().unwrap();
        let of = |wanted: &str| {
            entries
                .iter()
                .find(|entry| String::from_utf16_lossy(&entry.name) == wanted)
                .unwrap()
                .times
        };
        let expected = LogicalTimes {
            created: Some(1_700_000_100),
            written: Some(1_700_000_101),
            accessed: Some(1_700_000_102),
            modified: Some(1_700_000_103),
            deleted: None,
        };
        assert_eq!(of("note.txt"), expected);
        assert_eq!(of("empty"), LogicalTimes::default());
    }
}

/// One bit flipped in each of 300 places of the whole file: what is read differently is said.
#[test]
fn no_file_changes_silently() {
    for (name, _) in IMAGES {
        let whole = fs::read(path(name)).unwrap();
        let expected = beside::open(&path(name)).unwrap();
        let expected = expected.logical_entries.as_deref().unwrap();
        let mut numbers = Seeded(1);
        let mut noticed = 0;
        for _ in 0..300 {
            let at = numbers.below(whole.len() as u64) as usize;
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << numbers.below(8);
            let Ok(image) = beside::open_bytes(name, damaged) else { continue };
            let Some(entries) = image.logical_entries.as_deref() else { continue };
            if image.problems.iter().any(|problem| problem.severity == Severity::Damage) {
                noticed += 1;
                continue;
            }
            if entries != expected {
                let unprotected =
                    image.problems.iter().any(|problem| problem.to_string().contains("integrity"));
                assert!(unprotected, "{name}: byte {at}");
                continue;
            }
            for (entry, (_, md5, _)) in entries.iter().filter(|entry| !entry.is_folder).zip(FILES) {
                match data(&image, entry) {
                    Some(bytes) => {
                        assert_eq!(to_hex(&Md5::digest(bytes)), md5, "{name}: byte {at}")
                    }
                    None => noticed += 1,
                }
            }
        }
        assert!(noticed > 200, "{name}: {noticed}");
    }
}

/// Bytes of the tree changed at random: no panic, no hang, every parent before its child.
#[test]
fn mutants_of_the_tree_are_read() {
    for (name, _) in IMAGES {
        let whole = fs::read(path(name)).unwrap();
        let text: Vec<u8> = "entry\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let tree = whole.windows(text.len()).position(|window| window == text).unwrap();
        let mut numbers = Seeded(9);
        for _ in 0..300 {
            let mut mutant = whole.clone();
            for _ in 0..=numbers.below(12) {
                mutant[tree + 12 + numbers.below(1400) as usize] =
                    [0, 9, 10, 49, 55, 102][numbers.below(6) as usize];
            }
            let Ok(image) = beside::open_bytes(name, mutant) else { continue };
            beside::visit_head(&image.medium);
            for (index, entry) in image.logical_entries.unwrap_or_default().iter().enumerate() {
                assert!(entry.parent.is_none_or(|parent| parent < index));
            }
        }
    }
}
