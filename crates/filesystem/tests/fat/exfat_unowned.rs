//! Entries of exFAT that were deleted while their clusters stayed marked in use: nobody owns them, so the content is still there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    reason = "a failed test is a panic"
)]

use crate::evidence;
use crate::listing;
use crate::tools;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use byte_source::{MappedFile, MemorySource, Severity, Source};
use case_model::to_hex;
use filesystem::{FileSystemKind, OpenOptions};
use md5::{Digest, Md5};

use listing::Listing;

const CLUSTER: usize = 4096;

fn list(volume: Arc<dyn Source>) -> Listing {
    let (kind, fs) = listing::open(volume, &OpenOptions::default()).expect("recognised");
    assert_eq!(kind, FileSystemKind::ExFat);
    let listing = listing::list(&*fs);
    assert_eq!(listing.expected, [listing.counted], "counts agree with and without lost chains");
    listing
}

fn content(seed: u8, clusters: usize) -> Vec<u8> {
    (0..clusters * CLUSTER).map(|at| (at / 7) as u8 ^ seed ^ (at / CLUSTER) as u8).collect()
}

/// The contents of files by their paths.
type Contents = BTreeMap<&'static str, Vec<u8>>;

/// Fills the mounted volume: two files written in turns need chains, the others have none. Returns the contents by path.
fn fill(root: &Path) -> Contents {
    fs::create_dir(root.join("folder")).unwrap();
    fs::write(root.join("folder/inner"), content(1, 3)).unwrap();
    let mut chained = File::create(root.join("chained")).unwrap();
    let mut other = File::create(root.join("other")).unwrap();
    for turn in 0..6 {
        chained.write_all(&content(10 + turn, 1)).unwrap();
        other.write_all(&content(20 + turn, 1)).unwrap();
        chained.flush().unwrap();
        other.flush().unwrap();
    }
    fs::write(root.join("alone"), content(2, 5)).unwrap();
    fs::write(root.join("behind"), content(3, 1)).unwrap();
    ["folder/inner", "chained", "other", "alone", "behind"]
        .into_iter()
        .map(|path| (path, fs::read(root.join(path)).unwrap()))
        .collect()
}

/// Clears the in-use bits of the set whose name this is, as a deletion does; bitmap and table stay as they are.
fn delete_entry(image: &mut [u8], name: &str) {
    let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = (0..image.len() - 96)
        .step_by(32)
        .find(|at| {
            image[*at] == 0x85
                && image[at + 32] == 0xc0
                && image[at + 64] == 0xc1
                && usize::from(image[at + 35]) == name.len()
                && image[at + 66..].starts_with(&units)
        })
        .expect("the set of the file");
    for slot in 0..=usize::from(image[at + 1]) {
        image[at + 32 * slot] &= 0x7f;
    }
}

/// A volume made by mkfs.exfat and exfat-fuse, and what is in it; `None` where the programs are missing.
fn make() -> Option<(Vec<u8>, Contents)> {
    if !tools::installed(&["mkfs.exfat", "mount.exfat-fuse", "losetup", "umount"])
        || !tools::is_root()
    {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    let root = folder.path().join("mounted");
    File::create(&image).unwrap().set_len(16 << 20).unwrap();
    fs::create_dir(&root).unwrap();
    let image_text = image.to_str().unwrap();
    let root_text = root.to_str().unwrap();
    tools::run("mkfs.exfat", ["-c", &CLUSTER.to_string(), image_text]);
    let device = tools::run("losetup", ["-f", "--show", image_text]).trim().to_owned();
    tools::run("mount.exfat-fuse", [device.as_str(), root_text]);
    let filled = std::panic::catch_unwind(|| fill(&root));
    tools::run("umount", [root_text]);
    tools::run("losetup", ["-d", device.as_str()]);
    Some((fs::read(&image).unwrap(), filled.expect("the volume is filled")))
}

#[test]
fn deleted_entries_whose_clusters_nobody_owns_have_their_content() {
    let Some((mut image, contents)) = make() else { return };
    for name in ["folder", "chained", "alone"] {
        delete_entry(&mut image, name);
    }
    let listing = list(Arc::new(MemorySource::new(image)));
    for path in ["folder/inner", "chained", "alone"] {
        let row = listing
            .row(&format!("/{path}"), false)
            .unwrap_or_else(|| panic!("{path} is not listed"));
        assert!(row.assumed && row.bad == 0, "{path}");
        assert_eq!(row.md5, to_hex(&Md5::digest(&contents[path])), "{path}");
    }
    for path in ["other", "behind"] {
        let row = listing.row(&format!("/{path}"), true).expect("in use");
        assert_eq!(
            (row.assumed, &row.md5),
            (false, &to_hex(&Md5::digest(&contents[path]))),
            "{path}"
        );
    }
    // Clusters that nobody owns cost evidence, and come as files of their own: with a chain, and as neighbours without one.
    assert!(
        listing.damage().iter().any(|line| line.contains("clusters in use that belong to no file"))
    );
    let lost: Vec<_> =
        listing.rows.iter().filter(|(path, _)| path.starts_with("/$LostChains/")).collect();
    assert!(lost.iter().all(|(_, rows)| rows[0].assumed && !rows[0].metadata && rows[0].bad == 0));
    for path in ["chained", "alone"] {
        let digest = to_hex(&Md5::digest(&contents[path]));
        assert!(lost.iter().any(|(_, rows)| rows[0].md5 == digest), "{path} among {lost:?}");
    }
    let bytes: u64 = lost.iter().map(|(_, rows)| rows[0].size).sum();
    // The folder's own cluster, the inner file's three, and the two files'.
    assert_eq!(bytes, (1 + 3 + 6 + 5) * CLUSTER as u64);
}

#[test]
fn a_deleted_entry_does_not_take_clusters_of_a_file_in_use() {
    let Some((mut image, contents)) = make() else { return };
    delete_entry(&mut image, "alone");
    let before = list(Arc::new(MemorySource::new(image.clone())));
    let at = before.row("/behind", true).unwrap().record.at;
    // The deleted file says that it was longer: it would reach into the file behind it.
    let set = before.row("/alone", false).unwrap().record.at as usize;
    let longer = 9 * CLUSTER as u64;
    image[set + 32 + 8..set + 32 + 16].copy_from_slice(&longer.to_le_bytes());
    image[set + 32 + 24..set + 32 + 32].copy_from_slice(&longer.to_le_bytes());
    let sum = checksum(&image[set..set + 96]);
    image[set + 2..set + 4].copy_from_slice(&sum.to_le_bytes());
    let listing = list(Arc::new(MemorySource::new(image)));
    let row = listing.row("/alone", false).unwrap();
    assert_eq!((row.size, row.bad), (longer, 4 * CLUSTER as u64), "what is of others is missing");
    assert_eq!(listing.row("/behind", true).unwrap().record.at, at);
    assert_eq!(
        listing.row("/behind", true).unwrap().md5,
        to_hex(&Md5::digest(&contents["behind"]))
    );
}

/// The checksum of an entry set (exFAT specification, figure 2), its in-use bits taken as set.
fn checksum(set: &[u8]) -> u16 {
    let counted = set.iter().enumerate().filter(|(at, _)| *at != 2 && *at != 3);
    counted.fold(0_u16, |sum, (at, byte)| {
        let byte = if at % 32 == 0 { byte | 0x80 } else { *byte };
        sum.rotate_right(1).wrapping_add(u16::from(byte))
    })
}

/// The author of the image deleted a directory of 400 files; its clusters are marked in use and belong to nobody.
#[test]
fn the_files_of_a_deleted_directory_whose_clusters_are_marked_are_listed() {
    let Some(shared) = evidence::shared() else { return };
    let packed = shared.join("faults/fat-deleted-in-use/exfat_orphan.raw.zst");
    if !packed.exists() {
        return eprintln!("skipped: {} is not there", packed.display());
    }
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("image");
    let status = Command::new("zstd").arg("-dqf").arg(&packed).arg("-o").arg(&raw).status();
    assert!(status.expect("zstd runs").success());
    let listing = list(Arc::new(MappedFile::new(&File::open(raw).unwrap()).unwrap()));
    let under = |path: &str| path.starts_with("/test/");
    let names = listing
        .rows
        .iter()
        .filter(|(path, rows)| under(path) && rows.iter().all(|row| !row.allocated));
    assert_eq!(names.count(), 400);
}

#[test]
fn a_zeroed_boot_sector_is_damage_though_the_backup_was_read() {
    if !tools::installed(&["mkfs.exfat"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    File::create(&image).unwrap().set_len(4 << 20).unwrap();
    tools::run("mkfs.exfat", [image.to_str().unwrap()]);
    let whole = fs::read(&image).unwrap();
    let damage = |bytes: Vec<u8>| {
        let problems = list(Arc::new(MemorySource::new(bytes))).summary.problems;
        problems.into_iter().filter(|problem| problem.severity == Severity::Damage).count()
    };
    assert_eq!(damage(whole.clone()), 0);
    let mut zeroed = whole;
    zeroed[..512].fill(0);
    assert_eq!(damage(zeroed), 1);
}
