//! The FAT reader against the truth tables of images that others made.
use crate::evidence;
use crate::listing;
use crate::tools;

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
    "dftt-06-undel-fat",
];

const QCOW2_IMAGES: &[&str] = &["keramics-fat16.qcow2", "keramics-fat32.qcow2"];

/// Every row in use that independent programs give stands in the listing with the same size and digest, nothing else is in use,
/// and the counts of the metadata add up.
#[test]
fn listings_are_those_of_independent_programs() {
    let Some(shared) = evidence::shared() else { return };
    let mut compared = 0;
    let in_qcow2 = if tools::installed(&["qemu-img"]) { QCOW2_IMAGES } else { &[] };
    for id in IMAGES.iter().chain(in_qcow2) {
        let image = evidence::image(&shared, id);
        let truth = evidence::truth(&shared, id);
        let mut offsets: Vec<u64> =
            truth.iter().map(|row| row["partition_offset"].as_u64().unwrap()).collect();
        offsets.dedup();
        for offset in offsets {
            let end = image.len();
            let volume: Arc<dyn Source> = Arc::new(Section::new(Arc::clone(&image), offset..end));
            let rows = truth
                .iter()
                .filter(|row| row["partition_offset"] == offset && row["allocated"] == true);
            let rows = rows.filter(|row| !is_label(row));
            compared += compare(id, volume, &rows.collect::<Vec<_>>());
        }
    }
    eprintln!("compared {compared} rows");
    assert!(compared > 1000);
}

/// dissect lists labels as files, and puts a dot into them.
fn is_label(row: &Value) -> bool {
    row["verdict"] == "single" && row["peers"][0] == "dissect" && row["size"] == 0
}

fn compare(id: &str, volume: Arc<dyn Source>, truth: &[&Value]) -> usize {
    let (_, fs) = listing::open(volume, &OpenOptions::default()).expect("recognised");
    let listing = listing::list(&*fs);
    for row in truth {
        let path = row["path"].as_str().unwrap();
        let exact = listing.row(path, true);
        // One program alone (verdict "single") leaves out the case bits of short names.
        let Some(ours) = exact
            .or_else(|| listing.row_ignoring_case(path).filter(|_| row["verdict"] == "single"))
        else {
            panic!(
                "{id}: {path} is missing; there are {:?}",
                listing.rows.keys().collect::<Vec<_>>()
            );
        };
        assert_eq!(ours.size, row["size"].as_u64().unwrap(), "{id}: {path}");
        assert_eq!(ours.md5, row["md5"].as_str().unwrap(), "{id}: {path}");
        assert!(!ours.assumed, "{id}: {path}");
    }
    let files = listing
        .entries()
        .flat_map(|(_, rows)| rows)
        .filter(|row| row.allocated && !row.record.streams.is_empty());
    let with_content: BTreeSet<u64> =
        files.filter(|row| row.size > 0).map(|row| row.number).collect();
    let known = truth.iter().filter(|row| row["size"] != 0).count();
    assert_eq!(with_content.len(), known, "{id}: files in use with content");
    assert_eq!(listing.expected, [listing.counted], "{id}: census and scan");
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
        let found =
            filesystem::recognise(&*evidence::image(&shared, id), &mut byte_source::Scratch::new());
        let fat =
            found.into_iter().find(|(_, format)| format.name == "FAT").map(|(found, _)| found.kind);
        assert_eq!(fat, kind, "{id}");
    }
}

/// Deleted files of The Sleuth Kit's lists, with two that are not taken over: in the FAT16 undelete image "_P1" and "dir2" both say that
/// they began in cluster 13, whose ".." names dir1, so frag3.dat is listed in dir2 alone; and SECOND-3.TXT is an entry in free space that no
/// directory leads to.
#[test]
fn deleted_files_are_found_where_the_sleuth_kit_finds_them() {
    let Some(shared) = evidence::shared() else { return };
    let mut compared = 0;
    for id in ["dftt-02-kwsrch-fat", "dftt-06-undel-fat"] {
        let (_, fs) = listing::open(evidence::image(&shared, id), &OpenOptions::default()).unwrap();
        let listing = listing::list(&*fs);
        for row in evidence::truth(&shared, id).iter().filter(|row| row["allocated"] == false) {
            let path = row["path"].as_str().unwrap();
            if path.ends_with("/_P1/frag3.dat") {
                assert_eq!(listing.row(path, false), None);
                continue;
            }
            let ours =
                listing.row(path, false).unwrap_or_else(|| panic!("{id}: {path} is missing"));
            assert_eq!(
                (ours.size, ours.md5.as_str()),
                (row["size"].as_u64().unwrap(), row["md5"].as_str().unwrap())
            );
            assert!(ours.assumed, "{path}");
            compared += 1;
        }
    }
    assert_eq!(compared, 7);
}

/// Digital Forensics Tool Testing image 6, with the digests that its author gives: what was not fragmented comes back whole; what was
/// comes back as the author says that contiguity gives it, and carries a doubt where another deleted file begins inside it.
#[test]
fn undeleted_files_are_right_or_doubted() {
    let Some(shared) = evidence::shared() else { return };
    let (_, fs) =
        listing::open(evidence::image(&shared, "dftt-06-undel-fat"), &OpenOptions::default())
            .unwrap();
    let listing = listing::list(&*fs);
    let right = [
        ("/_ing.dat", "59b20779f69ff9f0ac5fcd2c38835a79"),
        ("/_ult1.dat", "ffd27bd782bdce67750b6b9ee069d2ef"),
        ("/_ir1/mult2.dat", "59cf0e9cd107bc1e75afb7374f6e05bb"),
    ];
    let fragmented = [
        ("/_rag1.dat", "c4f3b9a0f17d464f4fc61b94ecf6cc21"),
        ("/_rag2.dat", "965370acfa85aa7e26ab04bbd45cdcae"),
        ("/_ir1/dir2/frag3.dat", "a7a14ac62f79fdea4056ed5e8bcf97ef"),
    ];
    for (path, digest) in right.into_iter().chain(fragmented) {
        let row = listing.row(path, false).unwrap_or_else(|| panic!("{path} is missing"));
        assert_eq!((row.md5.as_str(), row.assumed), (digest, true), "{path}");
    }
    for (path, _) in fragmented {
        let doubt = "another deleted file";
        let problems = &listing.row(path, false).unwrap().problems;
        assert!(
            problems.iter().any(|problem| problem.to_string().contains(doubt)),
            "{path}: {problems:?}"
        );
    }
}

/// Image 9: a label in the boot sector and another in the root directory, each with clusters, and one in a folder.
#[test]
fn labels_with_content_are_read_and_pointed_out() {
    let Some(shared) = evidence::shared() else { return };
    let (_, fs) =
        listing::open(evidence::image(&shared, "dftt-09-fat-label"), &OpenOptions::default())
            .unwrap();
    let listing = listing::list(&*fs);
    assert_eq!(listing.summary.label, "LABEL2");
    assert!(listing.summary.problems.iter().any(|problem| problem.to_string().contains("label")));
    for (path, digest) in [
        ("/LABEL2", "8071eeaa52cd372a9bbb093e348e605c"),
        ("/dir1/file2.dll", "8aeca328aa6fbb7d2ec01f8c2f3e4bbd"),
    ] {
        let row = listing.row(path, true).unwrap();
        assert_eq!((row.md5.as_str(), row.metadata), (digest, true));
        assert!(
            row.problems
                .iter()
                .any(|problem| problem.to_string().ends_with("a volume label has content"))
        );
    }
    assert!(listing.row("/New Folder", false).is_some());
}

/// Modification times as the author of the images saw them in a zone three hours ahead of the clock by which they were written.
#[test]
fn times_are_those_that_their_author_saw() {
    let Some(shared) = evidence::shared() else { return };
    for (id, answer) in [
        ("dfirntfs-fat12.raw", "fat12_full_test.txt"),
        ("dfirntfs-fat16.raw", "fat16_full_test.txt"),
    ] {
        let (_, fs) = listing::open(evidence::image(&shared, id), &OpenOptions::default()).unwrap();
        let listing = listing::list(&*fs);
        let noted = std::fs::read_to_string(shared.join("answers").join(answer)).unwrap();
        for line in noted.lines() {
            let (path, time) = line.split_once(char::is_whitespace).unwrap();
            let modified = listing
                .row(path, true)
                .unwrap_or_else(|| panic!("{id}: {path}"))
                .record
                .times
                .modified;
            let modified = modified.unwrap();
            assert!(modified.is_unzoned());
            let seen = evidence::nanoseconds(time) - 3 * 3_600_000_000_000;
            assert_eq!(modified.unix_ns.unwrap(), seen, "{id}: {path}");
        }
        assert!(noted.lines().count() > 1000);
    }
}
