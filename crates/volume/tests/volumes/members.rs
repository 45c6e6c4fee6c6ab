//! Members of arrays and other layers, against mdadm and libblkid.

use crate::beside;

use std::fs;

use beside::divide_bytes;
use byte_source::Severity;
use volume::{Division, Role};

const MIB: usize = 1 << 20;
const MAGIC: u32 = 0xa92b_4efc;

fn put(bytes: &mut [u8], at: usize, piece: &[u8]) {
    bytes[at..at + piece.len()].copy_from_slice(piece);
}

/// Writes a superblock of version 1 at byte `at` of a device that begins at byte `device` of the disk: an array of two devices.
fn put_version_1(bytes: &mut [u8], device: usize, at: usize, level: i32, data_offset: u64) {
    let mut superblock = vec![0; 1024];
    let words: [(usize, u32); 7] =
        [(0, MAGIC), (4, 1), (72, level as u32), (88, 128), (92, 2), (160, 0), (220, 128)];
    words.iter().for_each(|(at, word)| put(&mut superblock, *at, &word.to_le_bytes()));
    let longs: [(usize, u64); 5] = [
        (64, 1_600_000_000),
        (80, 2048),
        (128, data_offset),
        (136, 2048),
        (144, (at as u64) / 512),
    ];
    longs.iter().for_each(|(at, long)| put(&mut superblock, *at, &long.to_le_bytes()));
    superblock[16..32].fill(0x11);
    superblock[168..184].fill(0x22);
    put(&mut superblock, 32, b"host:md");
    put(&mut superblock, 256, &[0, 0, 1, 0]);
    let words = superblock[..256 + 2 * 128].as_chunks::<4>().0;
    let sum: u64 = words.iter().map(|word| u64::from(u32::from_le_bytes(*word))).sum();
    let folded = ((sum & 0xffff_ffff) + (sum >> 32)) as u32;
    put(&mut superblock, 216, &folded.to_le_bytes());
    put(bytes, device + at, &superblock);
}

/// Writes a superblock of version 0.90 for a device of `length` bytes.
fn put_version_0_90(bytes: &mut [u8], device: usize, length: usize, level: i32) {
    let mut superblock = vec![0; 4096];
    let words: [(usize, u32); 10] = [
        (0, MAGIC),
        (4, 0),
        (8, 90),
        (20, 0x1111_1111),
        (24, 1_600_000_000),
        (28, level as u32),
        (32, 1024),
        (36, 2),
        (40, 2),
        (52, 0x2222_2222),
    ];
    words.iter().for_each(|(at, word)| put(&mut superblock, *at, &word.to_le_bytes()));
    let sum: u64 =
        superblock.as_chunks::<4>().0.iter().map(|word| u64::from(u32::from_le_bytes(*word))).sum();
    put(&mut superblock, 152, &(((sum & 0xffff_ffff) + (sum >> 32)) as u32).to_le_bytes());
    put(bytes, device + (length & !0xffff) - (64 << 10), &superblock);
}

/// What mdadm says of the device, when it is there: version and level.
fn assert_mdadm(bytes: &[u8], version: &str, level: &str) {
    if !beside::have("mdadm") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d"), bytes).unwrap();
    let said = beside::run(folder.path(), "mdadm -E d");
    let value = |field: &str| {
        let line =
            said.lines().find(|line| line.trim_start().starts_with(field)).unwrap_or_default();
        line.split(" : ").nth(1).unwrap_or_default().trim().to_owned()
    };
    assert!(value("Version").starts_with(version), "{said}");
    assert_eq!(value("Raid Level"), level, "{said}");
}

/// Name of the first member, and severity and place of what is said.
fn named(division: &Division) -> (Option<&'static str>, Vec<(Severity, u64)>) {
    let member = division.volumes.iter().find_map(|part| part.member);
    let said = division.problems.iter().map(|problem| (problem.severity, problem.at)).collect();
    (member.map(|member| member.name), said)
}

#[test]
fn members_of_md_arrays_are_named_by_all_four_superblocks() {
    let length = 4 * MIB;
    let levels = [
        (1, "raid1", "md RAID 1 member"),
        (5, "raid5", "md RAID 5 member"),
        (0, "raid0", "md RAID 0 member"),
    ];
    for (level, theirs, name) in levels {
        let at_the_end = if level == 1 { Severity::Note } else { Severity::Damage };
        let places = [
            ("1.0", length - 8192, 0, at_the_end),
            ("1.1", 0, 2048, Severity::Damage),
            ("1.2", 4096, 2048, Severity::Damage),
        ];
        for (version, at, data_offset, severity) in places {
            let mut bytes = vec![0; length];
            put_version_1(&mut bytes, 0, at, level, data_offset);
            assert_mdadm(&bytes, version, theirs);
            let division = divide_bytes(bytes);
            assert_eq!(named(&division), (Some(name), vec![(severity, at as u64)]), "{version}");
        }
        let mut bytes = vec![0; length];
        put_version_0_90(&mut bytes, 0, length, level);
        assert_mdadm(&bytes, "0.90", theirs);
        let said = vec![(at_the_end, (length - (64 << 10)) as u64)];
        assert_eq!(named(&divide_bytes(bytes)), (Some(name), said), "0.90");
    }
}

/// A disk with one partition of type `kind` from 1 MiB to the end.
fn partitioned(length: usize, kind: u8) -> Vec<u8> {
    let mut bytes = vec![0; length];
    bytes[450] = kind;
    put(&mut bytes, 454, &2048_u32.to_le_bytes());
    put(&mut bytes, 458, &(((length - MIB) / 512) as u32).to_le_bytes());
    put(&mut bytes, 510, &[0x55, 0xaa]);
    bytes
}

#[test]
fn a_superblock_belongs_to_the_partition_or_to_the_disk_that_it_is_made_for() {
    let length = 8 * MIB;
    // In a partition that reaches the end, version 0.90 stands where it would stand for the disk: it is said once.
    let mut bytes = partitioned(length, 0xfd);
    put_version_0_90(&mut bytes, MIB, length - MIB, 5);
    let said = vec![(Severity::Damage, (length - (64 << 10)) as u64)];
    assert_eq!(named(&divide_bytes(bytes)), (Some("md RAID 5 member"), said));
    // Its place is said on the medium.
    let mut bytes = partitioned(length, 0xfd);
    put_version_1(&mut bytes, MIB, 4096, 6, 2048);
    assert_eq!(
        named(&divide_bytes(bytes)),
        (Some("md RAID 6 member"), vec![(Severity::Damage, 0x10_1000)])
    );
    // The partitions of a whole mirror are read; the mirror is said all the same.
    let mut bytes = partitioned(length, 0x83);
    put_version_1(&mut bytes, 0, length - 8192, 1, 0);
    assert_eq!(named(&divide_bytes(bytes)), (None, vec![(Severity::Note, (length - 8192) as u64)]));
    // A copy that names another place is none.
    let mut bytes = vec![0; length];
    put_version_1(&mut bytes, 4096, 4096, 1, 0);
    assert_eq!(named(&divide_bytes(bytes)), (None, vec![]));
}

#[test]
fn bcache_is_named_as_its_own_program_makes_it() {
    if !beside::have("make-bcache") {
        return;
    }
    for option in ["-B", "-C"] {
        let folder = tempfile::tempdir().unwrap();
        beside::run(folder.path(), &format!("truncate -s 128M d && make-bcache {option} d"));
        assert_eq!(beside::run(folder.path(), "blkid -p -o value -s TYPE d").trim(), "bcache");
        let division = divide_bytes(fs::read(folder.path().join("d")).unwrap());
        assert_eq!(named(&division), (Some("bcache device"), vec![(Severity::Damage, 4120)]));
        assert_eq!(division.volumes[0].encryption, None);
    }
}

#[test]
fn a_windows_dynamic_disk_is_named_by_its_private_header() {
    let mut bytes = partitioned(8 * MIB, 0x42);
    assert_eq!(named(&divide_bytes(bytes.clone())), (None, vec![]), "the type alone is a claim");
    put(&mut bytes, 3072, b"PRIVHEAD");
    let said = vec![(Severity::Damage, 3072)];
    assert_eq!(named(&divide_bytes(bytes)), (Some("Windows dynamic disk (LDM)"), said));
}

#[test]
fn dynamic_disks_and_storage_spaces_of_a_gpt_are_named_by_their_types() {
    if !beside::have("sgdisk") {
        return;
    }
    let kinds = [
        ("5808C8AA-7E8F-42E0-85D2-E1E90434CFB3", "Windows dynamic disk (LDM)"),
        ("AF9B60A0-1431-4F62-BC68-3311714A69AD", "Windows dynamic disk (LDM)"),
        ("E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D", "member of a Storage Spaces pool"),
    ];
    for (kind, name) in kinds {
        let folder = tempfile::tempdir().unwrap();
        beside::run(
            folder.path(),
            &format!("truncate -s 8M d && sgdisk -n 1:2048:8191 -t 1:{kind} d"),
        );
        let division = divide_bytes(fs::read(folder.path().join("d")).unwrap());
        assert_eq!(named(&division), (Some(name), vec![(Severity::Damage, MIB as u64)]));
    }
}

#[test]
fn a_second_luks_header_is_named_when_the_first_is_gone() {
    if !beside::have("cryptsetup") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let command = "truncate -s 20M d && printf abc | cryptsetup luksFormat -q --iter-time 10 --pbkdf pbkdf2 --type luks2 d -";
    beside::run(folder.path(), command);
    let mut bytes = fs::read(folder.path().join("d")).unwrap();
    bytes[..4096].fill(0);
    let encryption = |bytes: &[u8]| {
        let division = divide_bytes(bytes.to_vec());
        division.volumes.iter().find(|part| part.role == Role::Volume).unwrap().encryption
    };
    assert_eq!(encryption(&bytes), Some(volume::SECOND_LUKS2_HEADER));
    // Under another file system it is a remainder, which is said.
    put(&mut bytes, 0, b"XFSB");
    assert_eq!(encryption(&bytes), None);
    assert_eq!(named(&divide_bytes(bytes)), (None, vec![(Severity::Note, 16_384)]));
}
