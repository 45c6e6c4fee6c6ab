//! Fast commits: images copied after `fsync` on a kernel that writes them, against the kernel's own replay.

use std::fs::{self, File};
use std::path::Path;

use crate::journal_replay::{replayed, sync};
use crate::mount_comparison::assert_same_but_times;
use crate::population::pattern;
use crate::reading::read_file;
use crate::workshop::{Workshop, mount, must};

/// A round of work: full commits and fast ones in turn, so that names, ranges and inodes of either stand beside each other.
fn work_in_fast_commits(root: &Path) {
    let write = |name: &str, bytes: &[u8]| {
        fs::write(root.join(name), bytes).unwrap();
        File::open(root.join(name)).unwrap().sync_all().unwrap();
    };
    fs::create_dir(root.join("directory")).unwrap();
    for number in 0..20 {
        fs::write(root.join(format!("directory/before {number}")), pattern(number, 9000)).unwrap();
    }
    fs::write(root.join("grows"), pattern(1, 30_000)).unwrap();
    fs::write(root.join("shrinks"), pattern(2, 900_000)).unwrap();
    sync(root);
    // From here on each fsync is a fast commit.
    write("new", &pattern(3, 70_000));
    write("directory/new", &pattern(4, 5000));
    fs::hard_link(root.join("new"), root.join("directory/a further name")).unwrap();
    fs::remove_file(root.join("directory/before 3")).unwrap();
    fs::rename(root.join("directory/before 4"), root.join("renamed")).unwrap();
    fs::write(root.join("grows"), pattern(5, 500_000)).unwrap();
    let shrinks = File::options().write(true).open(root.join("shrinks")).unwrap();
    shrinks.set_len(100_000).unwrap();
    shrinks.sync_all().unwrap();
    File::open(root.join("grows")).unwrap().sync_all().unwrap();
    fs::create_dir(root.join("directory/made")).unwrap();
    write("directory/made/in it", b"small");
    write("last", &pattern(6, 12_345));
}

/// Fast commits are replayed as the kernel does it when it mounts the image.
#[track_caller]
fn reads_what_fast_commits_say(mke2fs: &[&str]) {
    let Some(workshop) = Workshop::new(64 << 20, mke2fs) else { return };
    let Some(mounted) = workshop.mount("rw,commit=600") else { return };
    work_in_fast_commits(&mounted.at);
    let copy = workshop.path("copy");
    must("cp", &["--sparse=always", &workshop.image_text(), copy.to_str().unwrap()]);
    drop(mounted);
    let reading = read_file(&copy);
    let changes = replayed(&reading, "number of changes by fast commits to replay");
    eprintln!("{changes:?} changes by fast commits");
    assert_eq!(reading.damage(), Vec::<String>::new());
    reading.assert_reconciled();
    let home = workshop.path("written-home");
    fs::copy(&copy, &home).unwrap();
    // The kernel replays them; this e2fsck or that may have no fast commits.
    drop(mount(&home, &workshop.path("home"), "rw"));
    let Some(mounted) = mount(&home, &workshop.path("home-again"), "ro") else { return };
    // The kernel gives directories the time of the replay; ours keep what is on the medium.
    assert_same_but_times(&reading, &mounted.at);
    assert!(changes > Some(10), "{changes:?}: the kernel wrote no fast commits here");
}

#[test]
fn fast_commits() {
    reads_what_fast_commits_say(&["-t", "ext4", "-b", "4096", "-N", "400", "-O", "fast_commit"]);
}

#[test]
fn fast_commits_of_small_blocks_without_checksums() {
    let features = "fast_commit,^metadata_csum";
    reads_what_fast_commits_say(&["-t", "ext4", "-b", "1024", "-N", "400", "-O", features]);
}

#[test]
fn fast_commits_of_inline_data() {
    let features = "fast_commit,inline_data";
    reads_what_fast_commits_say(&[
        "-t", "ext4", "-b", "4096", "-N", "400", "-I", "256", "-O", features,
    ]);
}

/// CRC-32C, bit by bit, over a register that begins with 0.
fn crc32c(register: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(register, |register, byte| {
        (0..8).fold(register ^ u32::from(*byte), |register, _| {
            if register & 1 == 0 { register >> 1 } else { register >> 1 ^ 0x82f6_3b78 }
        })
    })
}

/// The tags of the fast commits that begin at byte `start`: where each begins, its code and the length of its value.
fn fast_commit_tags(bytes: &[u8], start: usize) -> Vec<(usize, u16, usize)> {
    let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let mut at = start;
    let mut tags = Vec::new();
    while at + 4 <= bytes.len() && (1..=9).contains(&word(at)) {
        tags.push((at, word(at), usize::from(word(at + 2))));
        at += 4 + usize::from(word(at + 2));
    }
    tags
}

/// Gives every fast commit the checksum that its bytes have now.
fn seal_fast_commits(bytes: &mut [u8], tags: &[(usize, u16, usize)]) {
    let mut register = 0;
    for (at, tag, length) in tags {
        if *tag == 8 {
            let sum = crc32c(register, &bytes[*at..at + 8]);
            bytes[at + 8..at + 12].copy_from_slice(&sum.to_le_bytes());
            register = 0;
        } else {
            register = crc32c(register, &bytes[*at..at + 4 + length]);
        }
    }
}

/// What fast commits say is changed at random, with checksums that fit: no panic, no hang, bounded, and the counts still agree.
#[test]
fn mutants_of_fast_commits() {
    let mke2fs = ["-t", "ext4", "-b", "1024", "-N", "400", "-O", "fast_commit,^metadata_csum"];
    let Some(workshop) = Workshop::new(32 << 20, &mke2fs) else { return };
    let Some(mounted) = workshop.mount("rw,commit=600") else { return };
    work_in_fast_commits(&mounted.at);
    let image = fs::read(workshop.image()).unwrap();
    drop(mounted);
    let head = [9, 0, 8, 0, 0, 0, 0, 0];
    let Some(block) = image.chunks_exact(1024).position(|block| block.starts_with(&head)) else {
        return eprintln!("skipped: the kernel wrote no fast commits here");
    };
    let tags = fast_commit_tags(&image, block * 1024);
    let values: Vec<(usize, usize)> =
        tags.iter().filter(|tag| tag.1 < 7).map(|(at, _, length)| (at + 4, *length)).collect();
    assert!(values.len() > 10, "{tags:?}");
    let mut replays = 0;
    for seed in 0..300_u64 {
        let noise = pattern(seed + 1, 1024);
        let mut words =
            noise.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap()) as usize);
        let mut bytes = image.clone();
        for _ in 0..=words.next().unwrap() % 30 {
            let (at, length) = values[words.next().unwrap() % values.len()];
            let place = at + words.next().unwrap() % length;
            let value = words.next().unwrap();
            bytes[place] = if value % 2 == 0 {
                bytes[place] ^ (1 << (value >> 8 & 7))
            } else {
                (value >> 8) as u8
            };
        }
        seal_fast_commits(&mut bytes, &tags);
        let source = std::sync::Arc::new(byte_source::MemorySource::new(bytes));
        let Some(Ok(opened)) = crate::reading::open_source(source) else {
            panic!("mutant {seed} does not open")
        };
        let reading = crate::reading::scan(opened);
        reading.assert_reconciled();
        replays +=
            u32::from(replayed(&reading, "number of changes by fast commits to replay").is_some());
        for record in reading.records.values() {
            let again = reading.fs.record(record.id, &mut byte_source::Scratch::new());
            assert_eq!(
                again.as_ref().map(|again| &again.streams),
                Ok(&record.streams),
                "mutant {seed}"
            );
        }
        for stream in reading
            .records
            .values()
            .flat_map(|record| &record.streams)
            .filter(|stream| stream.size < 1 << 24)
        {
            assert_eq!(reading.content(stream).size, stream.size);
        }
        assert!(reading.links.len() < 10_000 && reading.problems.len() < 10_000, "mutant {seed}");
    }
    assert!(replays > 200, "{replays} of 300 mutants were replayed");
}
