//! Images copied while they were mounted: what the journal holds must be read as `e2fsck` would write it home.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use byte_source::ProblemKind;
use filesystem::{Allocation, RecordKind};

use crate::mount_comparison::assert_same;
use crate::population::{pattern, populate};
use crate::reading::{Reading, read_file};
use crate::workshop::{Workshop, mount, must, run};

pub(crate) fn sync(folder: &Path) {
    must("sync", &["-f", folder.to_str().unwrap()]);
}

/// Work whose metadata is committed, freed and used again, so that revoke records matter.
fn work(root: &Path) {
    populate(root, 300);
    sync(root);
    for round in 0..3 {
        let folder = root.join(format!("short-lived {round}"));
        fs::create_dir(&folder).unwrap();
        for number in 0..400 {
            fs::write(folder.join(format!("a long name, to fill directory blocks {number}")), b"x")
                .unwrap();
        }
        sync(root);
        fs::remove_dir_all(&folder).unwrap();
        sync(root);
        fs::write(root.join(format!("reuses blocks {round}")), pattern(round, 900_000)).unwrap();
        sync(root);
    }
    // Blocks that begin with the journal's magic number are escaped where data is journalled.
    let magic = [0xc0, 0x3b, 0x39, 0x98, 1, 2, 3, 4].repeat(3000);
    fs::write(root.join("looks like a journal"), magic).unwrap();
    sync(root);
}

/// An image copied while mounted, with an open file that has no name any more.
fn copied_while_mounted(mke2fs: &[&str], options: &str) -> Option<(Workshop, PathBuf)> {
    let workshop = Workshop::new(96 << 20, mke2fs)?;
    let mount = workshop.mount(options)?;
    work(&mount.at);
    let orphan = mount.at.join("orphan");
    fs::write(&orphan, pattern(77, 50_000)).unwrap();
    let open = File::open(&orphan).unwrap();
    sync(&mount.at);
    fs::remove_file(&orphan).unwrap();
    sync(&mount.at);
    let copy = workshop.path("copy");
    must("cp", &["--sparse=always", &workshop.image_text(), copy.to_str().unwrap()]);
    drop(open);
    drop(mount);
    Some((workshop, copy))
}

pub(crate) fn replayed(reading: &Reading, what: &str) -> Option<u64> {
    reading.problems.iter().find_map(|problem| match problem.kind {
        ProblemKind::Value { field, found, .. } if field == what => Some(found),
        _ => None,
    })
}

#[track_caller]
fn reads_what_e2fsck_replays(mke2fs: &[&str], options: &str) {
    let Some((workshop, copy)) = copied_while_mounted(mke2fs, options) else { return };
    let copy_text = copy.to_str().unwrap();
    assert!(must("dumpe2fs", &["-h", copy_text]).unwrap().contains("needs_recovery"));
    let before = fs::read(&copy).unwrap();
    let reading = read_file(&copy);
    assert!(replayed(&reading, "number of transactions to replay").unwrap() > 0);
    assert!(replayed(&reading, "number of blocks to replay").unwrap() > 0);
    assert_eq!(reading.damage(), Vec::<String>::new());
    reading.assert_reconciled();
    assert!(fs::read(&copy).unwrap() == before, "the evidence was not written to");

    let mut unnamed =
        reading.records.values().filter(|record| record.links == Some(0) && !record.metadata);
    let orphan = unnamed.find(|record| record.allocation == Allocation::Allocated).unwrap();
    assert!(orphan.counted && orphan.kind == RecordKind::File);
    let expected = workshop.path("expected");
    fs::write(&expected, pattern(77, 50_000)).unwrap();
    let content = reading.content(&orphan.streams[0]);
    let sum = must("sha256sum", &[expected.to_str().unwrap()]).unwrap();
    assert!(sum.starts_with(&content.sha256), "the orphan's content");

    let written_home = workshop.path("written-home");
    fs::copy(&copy, &written_home).unwrap();
    let checked = run("e2fsck", &["-p", written_home.to_str().unwrap()]).unwrap();
    assert!(
        matches!(checked.status.code(), Some(0 | 1)),
        "{}",
        String::from_utf8_lossy(&checked.stdout)
    );
    let mounted = mount(&written_home, &workshop.path("home"), "ro").unwrap();
    assert_same(&reading, &mounted.at);
}

#[test]
fn ext3() {
    reads_what_e2fsck_replays(&["-t", "ext3", "-b", "1024", "-N", "4000"], "rw");
}

#[test]
fn ext4_with_checksums() {
    reads_what_e2fsck_replays(&["-t", "ext4", "-b", "4096", "-N", "4000"], "rw");
}

#[test]
fn ext4_with_the_orphan_file() {
    reads_what_e2fsck_replays(
        &["-t", "ext4", "-b", "4096", "-N", "4000", "-O", "orphan_file"],
        "rw",
    );
}

#[test]
fn ext4_that_journals_data() {
    let mke2fs = ["-t", "ext4", "-b", "1024", "-N", "4000", "-J", "size=32"];
    reads_what_e2fsck_replays(&mke2fs, "rw,data=journal");
}

#[test]
fn ext3_that_journals_data() {
    let mke2fs = ["-t", "ext3", "-b", "4096", "-N", "4000", "-J", "size=32"];
    reads_what_e2fsck_replays(&mke2fs, "rw,data=journal");
}

/// A copy of the superblock does not know that the journal must be replayed; the journal itself does.
#[test]
fn a_wiped_superblock_does_not_keep_the_journal_from_being_replayed() {
    let mke2fs = ["-t", "ext4", "-b", "1024", "-N", "4000"];
    let Some((_workshop, copy)) = copied_while_mounted(&mke2fs, "rw") else { return };
    let whole = read_file(&copy);
    let mut bytes = fs::read(&copy).unwrap();
    bytes[1024..2048].fill(0xe5);
    fs::write(&copy, bytes).unwrap();
    let reading = read_file(&copy);
    assert_eq!(
        replayed(&reading, "number of blocks to replay"),
        replayed(&whole, "number of blocks to replay")
    );
    assert!(reading.files() == whole.files());
    assert!(
        reading.problems.iter().any(|problem| problem.to_string().contains("s_magic is 58853"))
    );
    reading.assert_reconciled();
}

/// A journal written by `debugfs`: six blocks of a file, one of them revoked and one written again afterwards.
#[track_caller]
fn reads_a_written_journal(features: &str, journal_open: &str) {
    let mke2fs = ["-t", "ext4", "-b", "1024", "-N", "64", "-O", features];
    let Some(workshop) = Workshop::new(16 << 20, &mke2fs) else { return };
    let block = |seed: u64| pattern(seed, 1024);
    let write = |name: &str, seeds: &[u64]| -> String {
        let path = workshop.path(name);
        fs::write(&path, seeds.iter().flat_map(|seed| block(*seed)).collect::<Vec<u8>>()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let source = write("source", &[1, 2, 3, 4, 5, 6, 7, 8]);
    workshop.debugfs(&format!("write {source} victim\n"));
    let image = workshop.image_text();
    let printed = must("debugfs", &["-R", "blocks victim", &image]).unwrap();
    let blocks: Vec<u64> = printed.split_whitespace().map(|block| block.parse().unwrap()).collect();
    assert_eq!(blocks.len(), 8);

    let first = write("first", &[11, 12, 13, 14, 15, 16]);
    let second = write("second", &[24]);
    let mut escaped = fs::read(&first).unwrap();
    escaped[..4].copy_from_slice(&[0xc0, 0x3b, 0x39, 0x98]);
    fs::write(&first, &escaped).unwrap();
    workshop.debugfs(&format!(
        "{journal_open}\njw -b {}-{} {first}\njw -r {}\njw -b {} {second}\njc\n",
        blocks[0], blocks[5], blocks[2], blocks[3]
    ));

    let reading = read_file(&workshop.image());
    assert_eq!(reading.damage(), Vec::<String>::new());
    assert_eq!(replayed(&reading, "number of transactions to replay"), Some(3));
    assert_eq!(replayed(&reading, "number of blocks to replay"), Some(5));
    let ours = reading.files().remove(b"/victim".as_slice()).unwrap();

    let checked = run("e2fsck", &["-p", &image]).unwrap();
    assert!(
        matches!(checked.status.code(), Some(0 | 1)),
        "{}",
        String::from_utf8_lossy(&checked.stdout)
    );
    let dump = workshop.path("dump");
    must("debugfs", &["-R", &format!("dump victim {}", dump.to_str().unwrap()), &image]);
    let kept = [block(3), block(24), block(15), block(16), block(7), block(8)].concat();
    let expected = [&escaped[..2048], &kept].concat();
    assert!(fs::read(&dump).unwrap() == expected, "e2fsck replays what was written");
    let sum = must("sha256sum", &[dump.to_str().unwrap()]).unwrap();
    assert!(sum.starts_with(&ours.sha256), "the reader agrees with e2fsck");
}

#[test]
fn tags_of_version_1() {
    reads_a_written_journal("^metadata_csum,^64bit", "jo");
}

#[test]
fn tags_of_version_1_with_64_bits() {
    reads_a_written_journal("^metadata_csum,64bit", "jo");
}

#[test]
fn tags_of_version_2() {
    reads_a_written_journal("metadata_csum,^64bit", "jo -c -v 2");
}

#[test]
fn tags_of_version_2_with_64_bits() {
    reads_a_written_journal("metadata_csum,64bit", "jo -c -v 2");
}

#[test]
fn tags_of_version_3() {
    reads_a_written_journal("metadata_csum,^64bit", "jo -c -v 3");
}

#[test]
fn tags_of_version_3_with_64_bits() {
    reads_a_written_journal("metadata_csum,64bit", "jo -c -v 3");
}

/// The second of two transactions is damaged in the journal: what `e2fsck` makes of it decides.
#[track_caller]
fn reads_a_damaged_journal_like_e2fsck(features: &str, journal_open: &str) {
    let mke2fs = ["-t", "ext4", "-b", "1024", "-N", "64", "-O", features];
    let Some(workshop) = Workshop::new(16 << 20, &mke2fs) else { return };
    let path = |name: &str| workshop.path(name).to_str().unwrap().to_owned();
    for (name, seed, size) in [("source", 1, 4096), ("first", 2, 4096), ("second", 3, 1024)] {
        fs::write(path(name), pattern(seed, size)).unwrap();
    }
    workshop.debugfs(&format!("write {} victim\n", path("source")));
    let image = workshop.image_text();
    let printed = must("debugfs", &["-R", "blocks victim", &image]).unwrap();
    let first: u64 = printed.split_whitespace().next().unwrap().parse().unwrap();
    let last = first + 3;
    let second = first + 1;
    workshop.debugfs(&format!(
        "{journal_open}\njw -b {first}-{last} {}\njw -b {second} {}\njc\n",
        path("first"),
        path("second")
    ));
    let mut bytes = fs::read(&image).unwrap();
    let logged = pattern(3, 1024);
    let at = bytes.windows(1024).position(|window| window == logged).unwrap();
    bytes[at + 500] ^= 4;
    fs::write(&image, bytes).unwrap();

    let reading = read_file(&workshop.image());
    assert!(!reading.damage().is_empty());
    let ours = reading.files().remove(b"/victim".as_slice()).unwrap();
    run("e2fsck", &["-f", "-y", &image]).unwrap();
    must("debugfs", &["-R", &format!("dump victim {}", path("dump")), &image]);
    assert!(
        fs::read(path("dump")).unwrap() == fs::read(path("first")).unwrap(),
        "the first was replayed"
    );
    let sum = must("sha256sum", &[&path("dump")]).unwrap();
    assert!(sum.starts_with(&ours.sha256), "the reader agrees with e2fsck");
}

#[test]
fn a_damaged_transaction_with_a_checksum_of_version_1_ends_the_log() {
    reads_a_damaged_journal_like_e2fsck("^metadata_csum,^64bit", "jo -c");
}

#[test]
fn a_damaged_block_with_a_checksum_of_version_2_is_left_out() {
    reads_a_damaged_journal_like_e2fsck("metadata_csum,^64bit", "jo -c -v 2");
}

#[test]
fn a_damaged_block_with_a_checksum_of_version_3_is_left_out() {
    reads_a_damaged_journal_like_e2fsck("metadata_csum,64bit", "jo -c -v 3");
}
