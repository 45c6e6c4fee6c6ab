//! The bytes of every stream are where the export says: a script that knows nothing of athar hashes the extents that are called exact. The
//! same over all shared images is `cargo xtask extents`.

use std::path::Path;
use std::process::Command;

use crate::program::Lab;
use crate::shared_data::{folder, unpack};

/// Raw images with a file system each that is read: NTFS, FAT12, FAT16, exFAT, ext2, ext3, ext4.
const IMAGES: [&str; 15] = [
    "colinfinck-testfs1",
    "msuhanov-ntfs-lastaccess.raw",
    "dfirntfs-fat12.raw",
    "dfirntfs-fat16.raw",
    "dftt-05-daylight",
    "dftt-06-undel-fat",
    "rustfatfs-fat12.img",
    "rustfatfs-fat16.img",
    "velo-fat_very_small.dd",
    "go-exfat-test.exfat",
    "ronin4n6-exfat.img",
    "ext4view-test_disk_ext2.bin",
    "ext4view-test_disk_ext3.bin",
    "crypt-img_fs_ext4.img",
    "tsk-image.dd",
];

/// What the script says of a raw image, and whether all is right.
fn checked(image: &Path) -> (String, bool) {
    let lab = Lab::new();
    let scan = lab.scan(image);
    assert!(matches!(scan.code(), 0 | 3), "{}", scan.all());
    let export = lab.write("export.jsonl", lab.run(&["export", "c", "--format", "jsonl"]).bytes());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/check-extents");
    let output = Command::new("python3").arg(script).arg(image).arg(export).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (said, output.status.success())
}

#[test]
fn extents_that_are_called_exact_give_the_exported_digests() {
    let Some(shared) = folder() else { return };
    let mut wrong = Vec::new();
    for id in IMAGES {
        let evidence = Lab::new();
        let (said, right) = checked(&unpack(&shared, id, &evidence.beside("evidence")));
        let exact = said
            .strip_prefix("exact ")
            .and_then(|rest| rest.split(',').next()?.parse::<u64>().ok());
        if !right || exact.is_none_or(|exact| exact == 0) {
            wrong.push(format!("{id}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn content_in_two_places_of_an_inode_has_two_extents() {
    let Some(shared) = folder() else { return };
    let packed = shared.join("data/faults/ext-damaged/d_inline_dump.img.zst");
    let lab = Lab::new();
    let image = lab.beside("d_inline_dump.img");
    let unpacked = Command::new("zstd").arg("-dqf").arg(&packed).arg("-o").arg(&image).status();
    if !unpacked.is_ok_and(|status| status.success()) {
        return eprintln!("skipped: {} cannot be unpacked", packed.display());
    }
    let (said, right) = checked(&image);
    assert!(right, "{said}");
}

/// Runs debugfs; false, told, where it is not installed.
fn debugfs(requests: &Path, image: &Path) -> bool {
    let done = Command::new("debugfs").arg("-wf").arg(requests).arg(image).output();
    let good = done.is_ok_and(|output| output.status.success());
    if !good {
        eprintln!("skipped: debugfs is not installed, or failed");
    }
    good
}

#[test]
fn blocks_of_a_file_that_wait_in_the_journal_have_their_extents_there() {
    let lab = Lab::new();
    let image = lab.beside("journal.raw");
    std::fs::File::create(&image).unwrap().set_len(8 << 20).unwrap();
    let made =
        Command::new("mke2fs").args(["-qF", "-t", "ext3", "-b", "1024"]).arg(&image).status();
    if !made.is_ok_and(|status| status.success()) {
        return eprintln!("skipped: mke2fs is not installed, or failed");
    }
    let old = lab.write("old", &[b'o'; 3072]);
    let new = lab.write("new", &[b'n'; 1024]);
    if !debugfs(
        &lab.write("requests", format!("write {} file\n", old.display()).as_bytes()),
        &image,
    ) {
        return;
    }
    let place =
        Command::new("debugfs").args(["-R", "bmap file 1"]).arg(&image).output().unwrap().stdout;
    let place = String::from_utf8(place).unwrap();
    let requests = format!("jo\njw -b {} {}\njc\n", place.trim(), new.display());
    assert!(debugfs(&lab.write("requests", requests.as_bytes()), &image));
    // What e2fsck makes of the journal is right.
    let mended = lab.beside("mended.raw");
    std::fs::copy(&image, &mended).unwrap();
    Command::new("e2fsck").arg("-fy").arg(&mended).output().unwrap();
    let theirs =
        Command::new("debugfs").args(["-R", "cat file"]).arg(&mended).output().unwrap().stdout;
    assert_eq!(theirs, [[b'o'; 1024], [b'n'; 1024], [b'o'; 1024]].concat());
    let cat = lab.run(&["image", "cat", image.to_str().unwrap(), "/file"]);
    assert_eq!(cat.bytes(), theirs, "{}", cat.err());
    let (said, right) = checked(&image);
    assert!(right && said.starts_with("exact "), "{said}");
}
