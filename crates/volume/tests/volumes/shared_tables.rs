//! Partition tables of shared images against `mmls` and against where other programs found files.

use crate::beside;

use std::collections::BTreeSet;
use std::fs;

use byte_source::Scratch;
use volume::{Role, Scheme};

/// Image, options of `mmls`, sector size.
const TABLES: &[(&str, &str, u64)] = &[
    ("dftt-01-extend-part", "", 512),
    ("dfirntfs-gpt-512-3p.raw", "", 512),
    ("dfirntfs-mbr-512-p1e2.bin", "", 512),
    ("dfirntfs-mbr-4096-p1e0.bin", "-b 4096", 4096),
    ("plaso-tsk_volume_system.raw", "", 512),
    ("tsk-imageformat_mmls_1.E01", "", 512),
    ("be-nps-2010-emails.E01", "", 512),
    ("ronin-gpt_ntfs.E01", "", 512),
    ("msuhanov-ntfs-lastaccess.raw", "", 512),
];

#[test]
fn partitions_are_those_of_mmls() {
    let Some(shared) = beside::shared() else { return };
    if !beside::have("mmls") {
        return;
    }
    for (id, options, sector) in TABLES {
        let folder = tempfile::tempdir().unwrap();
        let Some(path) = beside::unpack_raw(&shared, id, folder.path()) else { continue };
        let listing = beside::run(folder.path(), &format!("mmls -a {options} medium.raw"));
        let expected: Vec<(u64, u64)> =
            listing.lines().filter_map(|line| partition(line, *sector)).collect();
        let medium = beside::medium_of(&path);
        let division = volume::divide(&medium, &mut Scratch::new());
        assert_eq!(beside::partitions(&division), expected, "{id}\n{listing}");
        assert_eq!(u64::from(division.sector_bytes), *sector);
        beside::assert_covered(&division, medium.len());
    }
}

/// Start and length in bytes of a line `002:  000:000   0000000063   0000052415   0000052353   DOS FAT16 (0x04)`.
fn partition(line: &str, sector: u64) -> Option<(u64, u64)> {
    let mut words = line.split_whitespace();
    let slot = words.next()?.strip_suffix(':')?;
    slot.parse::<u32>().ok()?;
    words.next()?;
    let start: u64 = words.next()?.parse().ok()?;
    let length: u64 = words.nth(1)?.parse().ok()?;
    Some((start * sector, length * sector))
}

/// Wherever other programs found files, a volume begins; a medium whose files begin at byte 0 has no table.
#[test]
fn every_volume_with_files_is_found() {
    let Some(shared) = beside::shared() else { return };
    let mut compared = 0;
    for entry in fs::read_dir(shared.join("truth")).unwrap() {
        let path = entry.unwrap().path();
        let id = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if id == "_media" || !is_raw(&id) {
            continue;
        }
        let expected: BTreeSet<u64> = fs::read_to_string(&path)
            .unwrap()
            .lines()
            .filter_map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["partition_offset"]
                    .as_u64()
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let Some(path) = beside::unpack_raw(&shared, &id, folder.path()) else { continue };
        let medium = beside::medium_of(&path);
        let division = volume::divide(&medium, &mut Scratch::new());
        let volumes = division.volumes.iter().filter(|part| part.role == Role::Volume);
        let starts: BTreeSet<u64> = volumes.map(volume::Volume::start).collect();
        assert!(expected.is_subset(&starts), "{id}: {expected:?} in {starts:?}");
        let encrypted = division.volumes.iter().find(|part| part.encryption.is_some());
        assert_eq!(encrypted, None, "{id}: other programs list its files");
        if expected.contains(&0) {
            assert_eq!(division.scheme, Scheme::None, "{id}: {division:?}");
            assert_eq!(division.problems, [], "{id}");
        }
        compared += 1;
    }
    assert!(compared > 30, "{compared}");
}

/// Images that are raw, or that `ewfexport` turns into raw ones.
fn is_raw(id: &str) -> bool {
    let other =
        [".qcow", ".qcow2", ".vhd", ".vmdk", ".dmg", ".aff4", ".split.E01", "-split.E01", ".000"];
    !other.iter().any(|ending| id.ends_with(ending))
}
