//! Formats that are named and not read, as their own programs make them, against libblkid.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use byte_source::{MappedFile, Scratch, Severity, Source};
use filesystem::{FileSystemKind as Kind, OpenOptions, recognise};

const PATH: &str = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin";

/// Runs a shell command; its output, or `None` when it fails.
fn shell(folder: &Path, command: &str) -> Option<String> {
    let out = Command::new("sh")
        .args(["-c", command])
        .env("PATH", PATH)
        .current_dir(folder)
        .output()
        .unwrap();
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// How an image is made, what it is to libblkid and to us, and whether it costs evidence.
struct Made {
    program: &'static str,
    command: &'static str,
    blkid: &'static str,
    kind: Kind,
    severity: Severity,
}

const fn made(
    program: &'static str,
    command: &'static str,
    blkid: &'static str,
    kind: Kind,
) -> Made {
    Made { program, command, blkid, kind, severity: Severity::Damage }
}

const fn without_files(made: Made) -> Made {
    Made { severity: Severity::Note, ..made }
}

const MADE: [Made; 16] = [
    made("mkfs.jfs", "truncate -s 16M d && mkfs.jfs -q d", "jfs", Kind::Jfs),
    made("mkreiserfs", "truncate -s 40M d && mkreiserfs -q -ff d", "reiserfs", Kind::ReiserFs),
    made("mkfs.cramfs", "mkfs.cramfs source d", "cramfs", Kind::Cramfs),
    made("mkfs.minix", "truncate -s 4M d && mkfs.minix -1 -n 14 d", "minix", Kind::Minix),
    made("mkfs.minix", "truncate -s 4M d && mkfs.minix -1 -n 30 d", "minix", Kind::Minix),
    made("mkfs.minix", "truncate -s 4M d && mkfs.minix -2 -n 30 d", "minix", Kind::Minix),
    made("mkfs.minix", "truncate -s 4M d && mkfs.minix -3 d", "minix", Kind::Minix),
    made("genromfs", "genromfs -d source -f d", "romfs", Kind::RomFs),
    made(
        "mkfs.ocfs2",
        "truncate -s 64M d && mkfs.ocfs2 -q -F -M local -b 1K d",
        "ocfs2",
        Kind::Ocfs2,
    ),
    made(
        "mkfs.ocfs2",
        "truncate -s 64M d && mkfs.ocfs2 -q -F -M local -b 4K d",
        "ocfs2",
        Kind::Ocfs2,
    ),
    without_files(made(
        "mke2fs",
        "mke2fs -q -F -O journal_dev -b 1024 d 4096",
        "jbd",
        Kind::ExtJournal,
    )),
    without_files(made(
        "mke2fs",
        "mke2fs -q -F -O journal_dev -b 4096 d 4096",
        "jbd",
        Kind::ExtJournal,
    )),
    without_files(made("mkswap", "truncate -s 4M d && mkswap -p 4096 d", "swap", Kind::LinuxSwap)),
    without_files(made("mkswap", "truncate -s 4M d && mkswap -p 16384 d", "swap", Kind::LinuxSwap)),
    without_files(made("mkswap", "truncate -s 4M d && mkswap -p 65536 d", "swap", Kind::LinuxSwap)),
    // No program here makes ZFS: four uberblocks of a first label, big-endian, which is what libblkid asks for.
    made(
        "python3",
        "python3 -c \"f = open('d', 'wb'); f.truncate(64 << 20)\nfor slot in range(4):\n f.seek((128 << 10) + 1024 * slot); f.write(bytes.fromhex('0000000000bab10c') + (5000).to_bytes(8, 'big') + bytes(8) + bytes([0] * 7 + [9]))\"",
        "zfs_member",
        Kind::Zfs,
    ),
];

#[test]
fn formats_are_named_as_libblkid_names_them() {
    for Made { program, command, blkid, kind, severity } in MADE {
        let folder = tempfile::tempdir().unwrap();
        if shell(folder.path(), &format!("command -v {program}")).is_none() {
            eprintln!("skipped: {program} is not installed");
            continue;
        }
        std::fs::create_dir(folder.path().join("source")).unwrap();
        std::fs::write(folder.path().join("source/file"), b"content").unwrap();
        assert!(shell(folder.path(), &format!("({command}) >out 2>&1")).is_some(), "{command}");
        if let Some(theirs) = shell(folder.path(), "blkid -p -o value -s TYPE d") {
            assert_eq!(theirs, blkid, "{command}");
        }
        let file = std::fs::File::open(folder.path().join("d")).unwrap();
        let volume: Arc<dyn Source> = Arc::new(MappedFile::new(&file).unwrap());
        let mut scratch = Scratch::new();
        let found = recognise(volume.as_ref(), &mut scratch);
        let kinds: Vec<Kind> = found.iter().map(|(recognised, _)| recognised.kind).collect();
        assert_eq!(kinds, [kind], "{command}");
        let closed = found[0].1.open(Arc::clone(&volume), &OpenOptions::default(), &mut scratch);
        assert_eq!(closed.err().map(|problem| problem.severity), Some(severity), "{command}");
    }
}
