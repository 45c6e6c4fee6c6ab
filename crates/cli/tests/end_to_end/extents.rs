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
        let exact = said.strip_prefix("exact ").and_then(|rest| rest.split(',').next()?.parse::<u64>().ok());
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
