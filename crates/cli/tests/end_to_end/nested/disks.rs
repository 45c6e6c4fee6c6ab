//! Disks in files of a disk, made by the tools of their formats.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What a file of the inner disk holds.
pub(super) const NOTES: &[u8] = b"notes of the virtual machine";

/// Runs another program; a visible note when it is not there or fails.
pub(super) fn done(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    let good = output.as_ref().is_ok_and(|output| output.status.success());
    if !good {
        eprintln!("skipped: {program} is not installed, or failed: {output:?}");
    }
    good
}

pub(super) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A disk of 3 MiB: a master boot record, and one FAT12 partition at byte 1,048,576 with `NOTES.TXT` and a big file.
pub(super) fn inner_disk(folder: &Path) -> Option<PathBuf> {
    let partition = folder.join("partition");
    let disk = folder.join("inner.raw");
    let notes = folder.join("NOTES.TXT");
    let big = folder.join("BIG.BIN");
    std::fs::write(&notes, NOTES).unwrap();
    let bytes: Vec<u8> = (0..300_000_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0])
        .collect();
    std::fs::write(&big, bytes).unwrap();
    let made = done("mkfs.fat", &["-C", "-F", "12", "-i", "0badcafe", text(&partition), "2048"])
        && done("mcopy", &["-i", text(&partition), text(&notes), text(&big), "::/"]);
    made.then(|| {
        let mut bytes = vec![0; 1 << 20];
        bytes[446..462].copy_from_slice(&[0, 0, 0, 0, 1, 0, 0, 0, 0, 8, 0, 0, 0, 16, 0, 0]);
        bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
        bytes.extend(std::fs::read(&partition).unwrap());
        std::fs::write(&disk, bytes).unwrap();
        disk
    })
}

/// Converts a disk with qemu-img.
pub(super) fn converted(disk: &Path, format: &[&str], to: &Path) -> bool {
    done("qemu-img", &[&["convert", "-f", "raw", "-O"], format, &[text(disk), text(to)]].concat())
}

/// An ext4 volume without a partition table that holds the files of `source`.
pub(super) fn ext4_of(source: &Path, to: &Path, size: &str) -> bool {
    done("mke2fs", &["-q", "-F", "-t", "ext4", "-d", text(source), text(to), size])
}

/// An NTFS volume that holds these files in its root.
pub(super) fn ntfs_of(files: &[&Path], to: &Path, bytes: u64) -> bool {
    std::fs::File::create(to).unwrap().set_len(bytes).unwrap();
    let copy = |file: &&Path| {
        let name = format!("/{}", file.file_name().unwrap().to_str().unwrap());
        done("ntfscp", &["-f", text(to), text(file), &name])
    };
    done("mkntfs", &["-q", "-F", "-p", "0", "-H", "0", "-S", "0", "-s", "512", text(to)])
        && files.iter().all(copy)
}
