//! GUID partition tables written by `sgdisk`, good and hostile.

use crate::beside;

use beside::{Seeded, divide_bytes, partitions};
use byte_source::Severity;
use volume::{Division, Role, Scheme};

/// A medium of 8 MiB with three partitions; `None` without the program.
fn disk() -> Option<Vec<u8>> {
    if !beside::have("sgdisk") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let command = "truncate -s 8M d && sgdisk -a 1 -n 1:64:2000 -c 1:'Données ✓' -t 1:0700 -n 4:2001:9000 -t 4:ef00 -n 9:12000:16000 d";
    beside::run(folder.path(), command);
    Some(std::fs::read(folder.path().join("d")).unwrap())
}

const EXPECTED: [(u64, u64); 3] =
    [(64 * 512, 1937 * 512), (2001 * 512, 7000 * 512), (12_000 * 512, 4001 * 512)];

fn worst(division: &Division) -> Option<Severity> {
    division.problems.iter().map(|problem| problem.severity).max()
}

#[test]
fn numbers_types_and_names_are_those_that_were_written() {
    let Some(bytes) = disk() else { return };
    let division = divide_bytes(bytes);
    assert_eq!((division.scheme, partitions(&division)), (Scheme::Gpt, EXPECTED.to_vec()));
    let volumes: Vec<_> =
        division.volumes.iter().filter(|part| part.role == Role::Volume).collect();
    assert_eq!(volumes.iter().map(|part| part.number).collect::<Vec<_>>(), [1, 4, 9]);
    assert_eq!(volumes[0].name, "Données ✓");
    assert_eq!(volumes[0].type_code, "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7");
    assert_eq!(volumes[1].type_code, "C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
    assert_eq!(division.problems, []);
    let tables: u64 = division
        .volumes
        .iter()
        .filter(|part| part.role == Role::Table)
        .map(volume::Volume::length)
        .sum();
    assert_eq!(tables, 512 * (1 + 2 * 33));
    beside::assert_covered(&division, 8 << 20);
}

#[test]
fn a_broken_primary_gives_way_to_the_backup() {
    let Some(bytes) = disk() else { return };
    // The header, an entry, both gone.
    for range in [512 + 16..512 + 20, 1024 + 33..1024 + 34, 512..34 * 512] {
        let mut broken = bytes.clone();
        broken[range.clone()].iter_mut().for_each(|byte| *byte ^= 0xff);
        let division = divide_bytes(broken);
        assert_eq!(partitions(&division), EXPECTED, "{range:?}");
        assert_eq!(worst(&division), Some(Severity::Note), "{range:?}: {:?}", division.problems);
        beside::assert_covered(&division, 8 << 20);
    }
}

#[test]
fn with_both_broken_the_primary_is_read_and_the_damage_said() {
    let Some(mut bytes) = disk() else { return };
    let backup = bytes.len() - 512;
    bytes[512 + 60] ^= 1;
    bytes[backup + 60] ^= 1;
    let division = divide_bytes(bytes);
    assert_eq!(partitions(&division), EXPECTED);
    assert_eq!(worst(&division), Some(Severity::Damage));
}

#[test]
fn a_truncated_medium_keeps_its_partitions() {
    let Some(mut bytes) = disk() else { return };
    bytes.truncate(14_000 * 512);
    let division = divide_bytes(bytes);
    assert_eq!(partitions(&division), EXPECTED);
    assert_eq!(worst(&division), Some(Severity::Damage), "the last one ends behind the medium");
}

#[test]
fn partitions_of_a_hybrid_master_boot_record_that_the_gpt_does_not_name_are_kept() {
    let Some(mut bytes) = disk() else { return };
    // sgdisk wrote one protective entry; add one of its own and one that the GPT names.
    for (slot, first, sectors) in [(1, 9500_u32, 100_u32), (2, 64, 1937)] {
        let at = 446 + 16 * slot;
        bytes[at + 4] = 0x0c;
        bytes[at + 8..at + 12].copy_from_slice(&first.to_le_bytes());
        bytes[at + 12..at + 16].copy_from_slice(&sectors.to_le_bytes());
    }
    let division = divide_bytes(bytes);
    let mut expected = EXPECTED.to_vec();
    expected.insert(2, (9500 * 512, 100 * 512));
    assert_eq!(partitions(&division), expected);
    assert_eq!(worst(&division), Some(Severity::Note));
}

#[test]
fn a_stale_gpt_under_a_real_master_boot_record_is_not_used() {
    let Some(mut bytes) = disk() else { return };
    bytes[446 + 4] = 0x83;
    bytes[446 + 8..446 + 12].copy_from_slice(&2048_u32.to_le_bytes());
    bytes[446 + 12..446 + 16].copy_from_slice(&2048_u32.to_le_bytes());
    let division = divide_bytes(bytes);
    assert_eq!((division.scheme, partitions(&division)), (Scheme::Mbr, vec![(1 << 20, 1 << 20)]));
    assert_eq!(worst(&division), Some(Severity::Note));
}

#[test]
fn large_sectors_count_4096_bytes() {
    if !beside::have("sfdisk") {
        return;
    }
    let help = std::process::Command::new("sfdisk").arg("--help").output().unwrap();
    if !String::from_utf8_lossy(&help.stdout).contains("--sector-size") {
        eprintln!("skipped: this sfdisk knows no --sector-size (util-linux 2.39 and later do)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = "label: gpt\\nstart=256, size=512\\nstart=1024, size=800\\n";
    let make = format!("truncate -s 16M d && printf '{script}' | sfdisk -q --sector-size 4096 d");
    beside::run(folder.path(), &make);
    let division = divide_bytes(std::fs::read(folder.path().join("d")).unwrap());
    assert_eq!(division.sector_bytes, 4096);
    assert_eq!(partitions(&division), [(256 * 4096, 512 * 4096), (1024 * 4096, 800 * 4096)]);
    assert_eq!(division.problems, []);
}

#[test]
fn mutants_never_panic_and_always_cover_the_medium() {
    let Some(bytes) = disk() else { return };
    let len = bytes.len();
    let places: Vec<usize> = (446..512 + 92)
        .chain(1024..1024 + 9 * 128)
        .chain(len - 33 * 512..len - 33 * 512 + 1152)
        .chain(len - 512..len - 420)
        .collect();
    let mut numbers = Seeded(300);
    let mut divided = 0;
    for _ in 0..300 {
        let mut mutant = bytes.clone();
        for _ in 0..=numbers.below(8) {
            mutant[places[numbers.below(places.len() as u64) as usize]] = numbers.next() as u8;
        }
        if numbers.below(8) == 0 {
            mutant.truncate(numbers.below(len as u64) as usize + 1);
        }
        let len = mutant.len() as u64;
        let division = divide_bytes(mutant);
        beside::assert_covered(&division, len);
        divided += u32::from(division.scheme == Scheme::Gpt);
    }
    assert!(divided > 150, "{divided}");
}
