//! Apple partition maps against `mmls`.

use crate::beside;

use std::fs;

use beside::{Seeded, divide_bytes, partitions};
use volume::{Role, Scheme};

/// A map of three entries and a free one, blocks of 512 bytes.
fn disk() -> Vec<u8> {
    let mut bytes = vec![0; 4 << 20];
    bytes[..8].copy_from_slice(&[b'E', b'R', 2, 0, 0, 0, 0x20, 0]);
    let entries: [(u32, u32, &str, &str); 4] = [
        (1, 63, "Apple", "Apple_partition_map"),
        (64, 1000, "disk image", "Apple_HFS"),
        (1064, 936, "", "Apple_Free"),
        (2000, 6192, "second", "Apple_UNIX_SVR2"),
    ];
    for (number, (start, blocks, name, kind)) in entries.into_iter().enumerate() {
        let entry = &mut bytes[512 * (number + 1)..][..512];
        entry[..2].copy_from_slice(b"PM");
        entry[4..8].copy_from_slice(&4_u32.to_be_bytes());
        entry[8..12].copy_from_slice(&start.to_be_bytes());
        entry[12..16].copy_from_slice(&blocks.to_be_bytes());
        entry[16..16 + name.len()].copy_from_slice(name.as_bytes());
        entry[48..48 + kind.len()].copy_from_slice(kind.as_bytes());
    }
    bytes
}

#[test]
fn partitions_are_those_of_mmls() {
    let division = divide_bytes(disk());
    assert_eq!(division.scheme, Scheme::Apm);
    assert_eq!(division.problems, []);
    beside::assert_covered(&division, 4 << 20);
    let volumes: Vec<_> =
        division.volumes.iter().filter(|part| part.role == Role::Volume).collect();
    let named: Vec<_> = volumes
        .iter()
        .map(|part| (part.number, part.type_code.as_str(), part.name.as_str()))
        .collect();
    assert_eq!(named, [(2, "Apple_HFS", "disk image"), (4, "Apple_UNIX_SVR2", "second")]);
    if beside::have("mmls") {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("d"), disk()).unwrap();
        let listing = beside::run(folder.path(), "mmls -t mac d");
        for (part, kind) in volumes.iter().zip(["Apple_HFS", "Apple_UNIX_SVR2"]) {
            let line = listing.lines().find(|line| line.ends_with(kind)).unwrap();
            let words: Vec<&str> = line.split_whitespace().collect();
            let bytes = |word: &str| word.parse::<u64>().unwrap() * 512;
            assert_eq!(
                (part.start(), part.length()),
                (bytes(words[2]), bytes(words[4])),
                "{listing}"
            );
        }
    }
}

#[test]
fn maps_of_every_block_size_are_read_as_mmls_reads_them() {
    for block in [512_usize, 1024, 2048, 4096] {
        let small = disk();
        let mut bytes = vec![0; 8192 * block];
        bytes[..8].copy_from_slice(&small[..8]);
        bytes[2..4].copy_from_slice(&(block as u16).to_be_bytes());
        for entry in 1..=4 {
            bytes[entry * block..][..512].copy_from_slice(&small[entry * 512..][..512]);
        }
        let division = divide_bytes(bytes.clone());
        assert_eq!((division.scheme, division.sector_bytes as usize), (Scheme::Apm, block));
        let expected = [(64, 1000), (2000, 6192)]
            .map(|(start, count)| (start * block as u64, count * block as u64));
        assert_eq!(partitions(&division), expected, "{block}");
        if beside::have("mmls") {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("d"), &bytes).unwrap();
            let listing = beside::run(folder.path(), &format!("mmls -t mac -b {block} d"));
            for (kind, (start, _)) in ["Apple_HFS", "Apple_UNIX_SVR2"].into_iter().zip(expected) {
                let line = listing.lines().find(|line| line.ends_with(kind)).unwrap();
                let first: u64 = line.split_whitespace().nth(2).unwrap().parse().unwrap();
                assert_eq!(first * block as u64, start, "{listing}");
            }
        }
    }
}

#[test]
fn a_map_with_fewer_entries_than_it_says_is_said() {
    let mut bytes = disk();
    bytes[4 * 512..5 * 512].fill(0);
    let division = divide_bytes(bytes);
    assert_eq!(partitions(&division), [(64 * 512, 512_000)]);
    assert_eq!(division.problems.len(), 1);
}

#[test]
fn mutants_never_panic_and_always_cover_the_medium() {
    let mut numbers = Seeded(30);
    for _ in 0..300 {
        let mut mutant = disk();
        for _ in 0..=numbers.below(8) {
            mutant[numbers.below(2560) as usize] = numbers.next() as u8;
        }
        beside::assert_covered(&divide_bytes(mutant), 4 << 20);
    }
}
