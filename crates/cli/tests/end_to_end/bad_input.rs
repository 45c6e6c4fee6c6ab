//! Bad input: a clear error that names the thing, the rest of the batch goes on, nothing is recorded as done that was not.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::Lab;
use crate::shared_data::{folder, unpack};

fn patched(lab: &Lab, image: &Path, name: &str, patch: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let mut bytes = std::fs::read(image).unwrap();
    patch(&mut bytes);
    lab.write(name, &bytes)
}

#[test]
fn the_batch_goes_on_when_items_fail_and_ends_incomplete() {
    let lab = Lab::new();
    let empty = lab.write("empty.img", b"");
    let good = lab.write("good.img", &[0; 4096]);
    let missing = lab.beside("missing.img");
    let items: Vec<&str> =
        [&empty, &missing, &good].iter().map(|path| path.to_str().unwrap()).collect();
    let run = lab.run(&[&["scan", "--case", "c"], items.as_slice()].concat());
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(
        run.err().contains("empty.img") && run.err().contains("the file is empty"),
        "{}",
        run.all()
    );
    assert!(run.err().contains("missing.img"), "{}", run.all());
    let images = lab.run(&["case", "show", "c", "--json"]).objects();
    let shown: Vec<_> = images.iter().map(|image| (&image["image"], &image["state"])).collect();
    let wanted =
        [("good.img", "complete"), ("empty.img", "never-read"), ("missing.img", "never-read")];
    assert_eq!(shown.len(), wanted.len(), "{images:?}");
    for (shown, wanted) in shown.iter().zip(wanted) {
        assert_eq!(
            (shown.0.as_str(), shown.1.as_str()),
            (Some(wanted.0), Some(wanted.1)),
            "{images:?}"
        );
    }
    let ledger = lab.run(&["custody", "show", "c", "--json"]).objects();
    let finish = ledger.last().unwrap();
    assert_eq!(finish["body"]["fields"]["failed"].as_array().unwrap().len(), 2);
    let none = lab.run(&["scan", "--case", "d", empty.to_str().unwrap()]);
    assert_eq!(none.code(), 1, "{}", none.all());
}

#[test]
fn an_unknown_medium_is_hashed_and_said_to_be_unknown() {
    let lab = Lab::new();
    let bytes: Vec<u8> =
        (0..300_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let run = lab.scan(&lab.write("noise.bin", &bytes));
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(run.out().contains("no known file system"), "{}", run.all());
}

#[test]
fn damaged_file_systems_are_named_with_their_place_and_never_panic() {
    let Some(shared) = folder() else { return };
    let lab = Lab::new();
    let place = lab.beside("evidence");
    let ntfs = unpack(&shared, "colinfinck-testfs1", &place.join("n"));
    let ext = unpack(&shared, "tsk-image.dd", &place.join("e"));
    let fat = unpack(&shared, "rustfatfs-fat16.img", &place.join("f"));
    let zeroed = |from: usize, count: usize| {
        move |bytes: &mut Vec<u8>| {
            let end = (from + count).min(bytes.len());
            bytes[from..end].fill(0);
        }
    };
    let cases: Vec<(PathBuf, &str)> = vec![
        (patched(&lab, &ntfs, "boot.img", |bytes| bytes[11] = 7), "boot sector damaged"),
        (
            patched(&lab, &ntfs, "record.img", |bytes| {
                let at = bytes
                    .windows(4)
                    .enumerate()
                    .filter(|(_, four)| four == b"FILE")
                    .nth(40)
                    .unwrap()
                    .0;
                bytes[at + 20..at + 60].fill(0xff);
            }),
            "MFT record damaged",
        ),
        (patched(&lab, &ntfs, "cut.img", |bytes| bytes.truncate(600_000)), "truncated"),
        (patched(&lab, &ext, "super.img", zeroed(1024 + 24, 4)), "superblock damaged"),
        (patched(&lab, &ext, "cut-ext.img", |bytes| bytes.truncate(40_000)), "truncated"),
        (patched(&lab, &fat, "fat.img", zeroed(512, 20_000)), "FATs zeroed"),
        (patched(&lab, &fat, "cut-fat.img", |bytes| bytes.truncate(30_000)), "truncated"),
    ];
    for (image, what) in cases {
        let lab = Lab::new();
        let run = lab.scan(&image);
        assert!(matches!(run.code(), 0 | 3), "{what}: {}", run.all());
        assert!(!run.err().contains("panicked"), "{what}: {}", run.all());
        if run.code() == 3 {
            assert!(run.out().contains("at byte"), "{what}: {}", run.all());
        }
        assert_eq!(lab.run(&["custody", "verify", "c"]).code(), 3);
    }
}

#[test]
fn a_truncated_container_says_what_is_missing_and_reads_the_rest() {
    let Some(shared) = folder() else { return };
    let lab = Lab::new();
    let image = unpack(&shared, "dfvfs-ext2.split.E01", &lab.beside("evidence"));
    std::fs::remove_file(lab.beside("evidence/ext2.split.E02")).unwrap();
    let run = lab.scan(&image);
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(run.out().contains("OF AN INCOMPLETE READ"), "{}", run.all());
    assert!(run.out().to_lowercase().contains("segment"), "{}", run.all());
}

#[test]
fn too_little_space_is_refused_before_anything_is_written() {
    // A file system of one megabyte, as root only. A disk that is full in the middle: `storage_faults`.
    let lab = Lab::new();
    let small = lab.beside("small");
    std::fs::create_dir(&small).unwrap();
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "none"]).arg(&small).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: mounting a small file system needs root");
        return;
    }
    let folder = lab.beside("many");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("file"), "content").unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_athar"))
        .arg("--lab")
        .arg(small.join("lab"))
        .args(["scan", folder.to_str().unwrap(), "--case", "c"])
        .output()
        .unwrap();
    let begun = small.join("lab").exists();
    let unmounted = Command::new("umount").arg("-l").arg(&small).status();
    let err = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(1), "{err}");
    assert!(err.contains("are free, and a case needs"), "{err}");
    assert!(!begun);
    assert!(unmounted.unwrap().success());
}

#[test]
fn a_file_without_permission_is_unreadable_and_counted() {
    if rustix::process::getuid().is_root() {
        eprintln!("skipped: root may read everything");
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    let lab = Lab::new();
    let folder = lab.beside("files");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("closed"), b"x").unwrap();
    std::fs::set_permissions(folder.join("closed"), std::fs::Permissions::from_mode(0o000))
        .unwrap();
    let run = lab.scan(&folder);
    assert_eq!(run.code(), 3, "{}", run.all());
    assert!(run.out().contains("unreadable"), "{}", run.all());
}

#[test]
fn a_container_that_claims_exabytes_is_refused_at_once() {
    let lab = Lab::new();
    let image = lab.beside("huge.qcow2");
    let made = Command::new("qemu-img")
        .args(["create", "-q", "-f", "qcow2", "-o", "cluster_size=2M"])
        .arg(&image)
        .arg("1P")
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: qemu-img is not there");
        return;
    }
    let run = lab.scan(&image);
    assert_eq!(run.code(), 1, "{}", run.all());
    assert!(run.err().contains("claims a medium of"), "{}", run.all());
}
