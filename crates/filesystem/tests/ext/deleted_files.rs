//! What is left of deleted files: names in the slack of directories, inodes, content where pointers survive.

use std::collections::BTreeSet;
use std::fs;

use filesystem::{Allocation, Layout, RecordKind};

use crate::population::pattern;
use crate::reading::{Reading, read_file};
use crate::workshop::{Workshop, must, run};

/// A file system with a folder of 40 files, 15 of which were deleted by `debugfs`.
fn with_deleted_files(mke2fs: &[&str]) -> Option<Workshop> {
    let workshop = Workshop::new(16 << 20, mke2fs)?;
    let mut commands = String::from("mkdir folder\ncd folder\n");
    for number in 0..40 {
        let source = workshop.path(&format!("source {number}"));
        fs::write(&source, pattern(number, 20_000)).unwrap();
        commands += &format!("write \"{}\" \"file {number:02}\"\n", source.to_str().unwrap());
    }
    commands += "symlink link where/to\n";
    for number in [0, 1, 2, 7, 9, 10, 11, 12, 20, 22, 30, 36, 37, 38, 39] {
        commands += &format!("rm \"file {number:02}\"\n");
    }
    workshop.debugfs(&commands);
    Some(workshop)
}

fn deleted_names(reading: &Reading) -> BTreeSet<(String, u64)> {
    let deleted = reading.links.iter().filter(|link| link.allocation == Allocation::Deleted);
    deleted
        .map(|link| (String::from_utf8_lossy(&link.name).into_owned(), link.child.number))
        .collect()
}

/// Deleted names by The Sleuth Kit: `r/r * 12:<tab>folder/name`.
fn deleted_by_fls(image: &str) -> Option<BTreeSet<(String, u64)>> {
    let printed = must("fls", &["-r", "-d", "-p", image])?;
    let entry = |line: &str| {
        let (kind, path) = line.split_once('\t')?;
        let number =
            kind.split('*').nth(1)?.trim().trim_end_matches(':').trim_end_matches("(realloc)");
        let number: u64 = number.parse().ok()?;
        Some((path.rsplit('/').next().unwrap().to_owned(), number))
    };
    Some(printed.lines().filter_map(entry).collect())
}

#[test]
fn deleted_names_are_those_that_fls_finds() {
    let Some(workshop) = with_deleted_files(&["-t", "ext2", "-b", "1024"]) else { return };
    let reading = read_file(&workshop.image());
    assert_eq!(reading.damage(), Vec::<String>::new());
    let ours = deleted_names(&reading);
    // One of them was the first of its block, so that its inode number was cleared.
    assert_eq!(ours.len(), 15, "{ours:?}");
    if let Some(theirs) = deleted_by_fls(&workshop.image_text()) {
        assert_eq!(ours, theirs);
    }
}

#[test]
fn deleted_ext2_files_keep_their_content() {
    let Some(workshop) = with_deleted_files(&["-t", "ext2", "-b", "1024"]) else { return };
    let reading = read_file(&workshop.image());
    let deleted: Vec<_> = reading
        .records
        .values()
        .filter(|record| {
            record.allocation == Allocation::Deleted && record.kind == RecordKind::File
        })
        .collect();
    assert_eq!(deleted.len(), 15);
    for record in deleted {
        assert!(!record.counted && record.times.deleted.is_some());
        let content = reading.content(&record.streams[0]);
        let number = record.id.number.to_string();
        let theirs = workshop.path("icat");
        let Some(output) = run("icat", &[&workshop.image_text(), &number]) else { return };
        fs::write(&theirs, &output.stdout).unwrap();
        assert_eq!(output.stdout.len(), 20_000);
        let sum = must("sha256sum", &[theirs.to_str().unwrap()]).unwrap();
        assert!(sum.starts_with(&content.sha256), "inode {number}");
    }
    reading.assert_reconciled();
}

#[test]
fn files_deleted_by_the_kernel_are_lost_and_said_to_be() {
    let Some(workshop) = Workshop::new(32 << 20, &["-t", "ext4", "-b", "4096"]) else { return };
    let Some(mount) = workshop.mount("rw") else { return };
    for number in 0..10 {
        fs::write(mount.at.join(format!("gone {number}")), pattern(number, 9_000)).unwrap();
    }
    must("sync", &["-f", mount.at.to_str().unwrap()]);
    for number in 0..10 {
        fs::remove_file(mount.at.join(format!("gone {number}"))).unwrap();
    }
    drop(mount);
    let reading = read_file(&workshop.image());
    assert_eq!(reading.damage(), Vec::<String>::new());
    reading.assert_reconciled();
    let deleted: Vec<_> = reading
        .records
        .values()
        .filter(|record| record.allocation == Allocation::Deleted)
        .collect();
    assert_eq!(deleted.len(), 10);
    for record in deleted {
        assert!(record.times.deleted.is_some());
        assert!(matches!(record.streams[0].layout, Layout::Lost(_)), "{:?}", record.streams);
    }
}

/// Splitting a block of a hash index leaves copies of entries in use behind; they are not deleted names.
#[test]
fn no_name_in_use_is_called_deleted() {
    let Some(workshop) = Workshop::new(32 << 20, &["-t", "ext4", "-b", "1024", "-N", "4000"])
    else {
        return;
    };
    let Some(mount) = workshop.mount("rw") else { return };
    for number in 0..2000 {
        fs::write(mount.at.join(format!("entry number {number}")), b"").unwrap();
    }
    drop(mount);
    let reading = read_file(&workshop.image());
    assert_eq!(reading.damage(), Vec::<String>::new());
    assert_eq!(deleted_names(&reading), BTreeSet::new());
    assert_eq!(reading.paths().len(), 2001, "with lost+found");
}
