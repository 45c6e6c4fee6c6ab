//! Master boot records, good and hostile.

use crate::beside;

use beside::{Seeded, divide_bytes, partitions};
use byte_source::{ProblemKind, Severity};
use volume::{Role, Scheme};

const MIB: usize = 1 << 20;

/// Writes an entry into the boot record that begins at `record`.
fn entry(
    bytes: &mut [u8],
    record: usize,
    slot: usize,
    status: u8,
    kind: u8,
    first: u32,
    sectors: u32,
) {
    let at = record + 446 + slot * 16;
    bytes[at] = status;
    bytes[at + 4] = kind;
    bytes[at + 8..at + 12].copy_from_slice(&first.to_le_bytes());
    bytes[at + 12..at + 16].copy_from_slice(&sectors.to_le_bytes());
    bytes[record + 510] = 0x55;
    bytes[record + 511] = 0xaa;
}

#[test]
fn a_chain_that_comes_back_to_itself_ends() {
    let mut bytes = vec![0; 4 * MIB];
    entry(&mut bytes, 0, 0, 0, 0x05, 2048, 4096);
    entry(&mut bytes, 2048 * 512, 0, 0, 0x83, 1, 100);
    entry(&mut bytes, 2048 * 512, 1, 0, 0x05, 1000, 1000);
    entry(&mut bytes, 3048 * 512, 0, 0, 0x83, 1, 100);
    entry(&mut bytes, 3048 * 512, 1, 0, 0x05, 0, 1000);
    let division = divide_bytes(bytes);
    assert_eq!(partitions(&division), [(2049 * 512, 51_200), (3049 * 512, 51_200)]);
    assert!(
        division.problems.iter().any(|problem| problem.to_string().contains("comes back")),
        "{division:?}"
    );
    beside::assert_covered(&division, 4 * MIB as u64);
}

#[test]
fn a_partition_behind_the_end_of_a_truncated_medium_is_kept_and_said() {
    let mut bytes = vec![0; MIB];
    entry(&mut bytes, 0, 0, 0x80, 0x07, 1, 100);
    entry(&mut bytes, 0, 1, 0, 0x07, 1024, 1 << 20);
    entry(&mut bytes, 0, 2, 0, 0x07, 1 << 21, 1 << 20);
    let division = divide_bytes(bytes);
    let found = partitions(&division);
    assert_eq!(found, [(512, 51_200), (1024 * 512, 1 << 29), (1 << 30, 1 << 29)]);
    let said: Vec<_> =
        division.problems.iter().map(|problem| (problem.at, problem.severity)).collect();
    assert_eq!(said, [(462, Severity::Damage), (478, Severity::Damage)]);
    assert_eq!(
        division.problems[0].kind,
        ProblemKind::OutOfBounds { wanted_end: (1 << 29) + (1 << 19), available: 1 << 20 }
    );
}

#[test]
fn overlapping_partitions_are_both_kept_and_said() {
    let mut bytes = vec![0; MIB];
    entry(&mut bytes, 0, 0, 0, 0x83, 64, 1000);
    entry(&mut bytes, 0, 1, 0, 0x83, 500, 1000);
    let division = divide_bytes(bytes);
    assert_eq!(partitions(&division), [(64 * 512, 512_000), (500 * 512, 512_000)]);
    assert_eq!(division.problems.len(), 1);
    assert_eq!(division.problems[0].at, 462);
}

#[test]
fn an_entry_with_a_wrong_status_is_said_and_the_others_are_read() {
    let mut bytes = vec![0; MIB];
    entry(&mut bytes, 0, 0, 0, 0x83, 64, 1000);
    entry(&mut bytes, 0, 2, 0x17, 0x83, 1100, 100);
    let division = divide_bytes(bytes);
    assert_eq!(partitions(&division), [(64 * 512, 512_000)]);
    assert!(
        matches!(division.problems[..], [ref one] if one.at == 478 && one.severity == Severity::Damage)
    );
}

#[test]
fn a_table_of_garbage_leaves_one_volume_and_is_said() {
    let mut bytes = vec![0; MIB];
    let mut numbers = Seeded(4);
    bytes[..510].fill_with(|| numbers.next() as u8 | 0x40);
    entry(&mut bytes, 0, 3, 0xff, 0xff, 1, 1);
    let division = divide_bytes(bytes);
    assert_eq!((division.scheme, partitions(&division)), (Scheme::None, vec![(0, MIB as u64)]));
    assert!(
        matches!(division.problems[..], [ref one] if one.severity == Severity::Damage),
        "{division:?}"
    );
}

#[test]
fn logical_partitions_are_numbered_from_five() {
    if !beside::have("sfdisk") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = "label: dos\n2048,2048,83\n4096,,5\n,2048,83\n,2048,7\n,1024,b\n";
    beside::run(
        folder.path(),
        &format!("truncate -s 16M medium.raw && printf '{script}' | sfdisk -q medium.raw"),
    );
    let dump = beside::run(folder.path(), "sfdisk -d medium.raw");
    let expected: Vec<(u32, u64, u64)> = dump
        .lines()
        .filter_map(dumped)
        .filter(|(.., kind)| kind != "5")
        .map(|(number, start, size, _)| (number, start * 512, size * 512))
        .collect();
    let division = divide_bytes(std::fs::read(folder.path().join("medium.raw")).unwrap());
    let volumes = division.volumes.iter().filter(|part| part.role == Role::Volume);
    let found: Vec<_> = volumes.map(|part| (part.number, part.start(), part.length())).collect();
    assert_eq!(found, expected, "{dump}");
    assert_eq!(found.iter().map(|found| found.0).collect::<Vec<_>>(), [1, 5, 6, 7]);
    assert_eq!(division.problems, []);
}

/// `medium.raw1 : start=        2048, size=        2048, type=83`
fn dumped(line: &str) -> Option<(u32, u64, u64, String)> {
    let (name, rest) = line.split_once(" : ")?;
    let number = name.strip_prefix("medium.raw")?.parse().ok()?;
    let field =
        |key: &str| rest.split(", ").find_map(|part| part.trim().strip_prefix(key)).map(str::trim);
    Some((
        number,
        field("start=")?.parse().ok()?,
        field("size=")?.parse().ok()?,
        field("type=")?.to_owned(),
    ))
}

#[test]
fn mutants_never_panic_and_always_cover_the_medium() {
    let mut bytes = vec![0; 2 * MIB];
    entry(&mut bytes, 0, 0, 0, 0x83, 64, 1000);
    entry(&mut bytes, 0, 1, 0, 0x05, 2048, 2048);
    entry(&mut bytes, 2048 * 512, 0, 0, 0x83, 1, 100);
    entry(&mut bytes, 2048 * 512, 1, 0, 0x05, 1000, 1000);
    entry(&mut bytes, 3048 * 512, 0, 0, 0x83, 1, 100);
    let places: Vec<usize> =
        [0, 2048 * 512, 3048 * 512].iter().flat_map(|record| record + 446..record + 512).collect();
    let mut numbers = Seeded(77);
    for _ in 0..300 {
        let mut mutant = bytes.clone();
        for _ in 0..=numbers.below(12) {
            mutant[places[numbers.below(places.len() as u64) as usize]] = numbers.next() as u8;
        }
        if numbers.below(8) == 0 {
            mutant.truncate(numbers.below(bytes.len() as u64) as usize + 1);
        }
        let len = mutant.len() as u64;
        beside::assert_covered(&divide_bytes(mutant), len);
    }
}
