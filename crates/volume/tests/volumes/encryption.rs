//! Encryption recognised, and nothing else taken for it.

use crate::beside;

use std::fs;

use beside::{Seeded, divide_bytes};

fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut numbers = Seeded(seed);
    (0..bytes / 8).flat_map(|_| numbers.next().to_le_bytes()).collect()
}

fn encryption(bytes: Vec<u8>) -> Option<&'static str> {
    let division = divide_bytes(bytes);
    assert_eq!(division.volumes.len(), 1);
    division.volumes[0].encryption
}

#[test]
fn luks_is_recognised_as_cryptsetup_writes_it() {
    if !beside::have("cryptsetup") {
        return;
    }
    for (kind, expected) in [("luks1", "LUKS 1"), ("luks2 --pbkdf pbkdf2", "LUKS 2")] {
        let folder = tempfile::tempdir().unwrap();
        let command = format!(
            "truncate -s 20M d && printf abc | cryptsetup luksFormat -q --iter-time 10 --type {kind} d -"
        );
        beside::run(folder.path(), &command);
        assert_eq!(encryption(fs::read(folder.path().join("d")).unwrap()), Some(expected));
    }
}

#[test]
fn bitlocker_and_file_vault_are_recognised_by_their_signatures() {
    let sector = |pieces: &[(usize, &[u8])]| {
        let mut bytes = vec![0; 1 << 20];
        bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
        pieces.iter().for_each(|(at, piece)| bytes[*at..at + piece.len()].copy_from_slice(piece));
        encryption(bytes)
    };
    assert_eq!(sector(&[(0, b"\xeb\x58\x90-FVE-FS-")]), Some("BitLocker"));
    let to_go = b"\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01";
    assert_eq!(sector(&[(0, b"\xeb\x58\x90MSWIN4.1"), (424, to_go)]), Some("BitLocker To Go"));
    assert_eq!(sector(&[(88, b"CS\x01\0"), (172, &[2])]), Some("FileVault 2 (CoreStorage)"));
    assert_eq!(sector(&[(88, b"CS\x01\0")]), None, "CoreStorage without encryption");
}

#[test]
fn random_bytes_without_a_signature_are_said_a_hundred_times_of_a_hundred() {
    for seed in 0..100 {
        let found = encryption(noise(1 << 20, seed));
        assert!(found.is_some_and(|found| found.contains("VeraCrypt")), "seed {seed}");
    }
}

#[test]
fn what_is_only_partly_or_not_quite_random_is_not_said() {
    let mut partly = noise(1 << 20, 1);
    partly[500_000..510_000].fill(0);
    assert_eq!(encryption(partly), None);
    let ascii = noise(1 << 20, 2).iter().map(|byte| byte & 0x7f).collect();
    assert_eq!(encryption(ascii), None);
    // Compressed text of one piece has its own statistics.
    if beside::have("gzip") {
        let folder = tempfile::tempdir().unwrap();
        beside::run(folder.path(), "seq 1 600000 | gzip -1 > d");
        let bytes = fs::read(folder.path().join("d")).unwrap();
        assert!(bytes.len() > 256 << 10);
        assert_eq!(encryption(bytes), None);
    }
    assert_eq!(encryption(noise(128 << 10, 3)), None, "too short to tell");
}
