//! Damaged volumes: what can still be read is read, and what is assumed or lost is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use byte_source::{MemorySource, Severity, Source};
use case_model::{NameEncoding, readable_name};
use filesystem::{Allocation, Found, RecordKind};

use crate::generated::fill_small;
use crate::listing::{Row, Volume, open};
use crate::truth::shared;

/// A volume of 2 MiB with 536 records in use, clusters of 512 bytes, the MFT at cluster 32 and in six runs.
pub(crate) fn small() -> Option<Vec<u8>> {
    let image = std::fs::read(shared().join("evidence/colinfinck-testfs1/testfs1"));
    if image.is_err() {
        println!("skipped: colinfinck-testfs1 is not there");
    }
    image.ok()
}

const MFT: usize = 32 * 512;
const MFT_LCN: usize = 0x30;

fn scan(image: Vec<u8>) -> Volume {
    Volume::scan(Arc::new(MemorySource::new(image)))
}

/// Paths of files and directories, without the metadata files, whose content is what the tests damage.
fn paths(volume: &Volume) -> BTreeSet<String> {
    let paths = volume.paths().into_values().flatten().map(|(path, _)| path);
    paths.filter(|path| !path.contains('$') && !path.starts_with('?')).collect()
}

/// Sizes and digests of these.
fn rows(volume: &Volume) -> BTreeMap<String, Row> {
    let paths = paths(volume);
    volume.rows().into_iter().filter(|(path, _)| paths.contains(path)).collect()
}

/// The volume reads as before, and the damage is told.
fn assert_survives(damage: impl Fn(&mut Vec<u8>), told: &str) {
    let Some(image) = small() else { return };
    let expected = scan(image.clone());
    assert!(paths(&expected).len() > 500 && rows(&expected).len() == 4);
    let mut damaged = image;
    damage(&mut damaged);
    let volume = scan(damaged);
    assert!(paths(&volume) == paths(&expected), "{} paths", paths(&volume).len());
    assert_eq!(rows(&volume), rows(&expected));
    let problems: Vec<String> = volume.problems.iter().map(ToString::to_string).collect();
    assert!(
        problems.iter().any(|problem| problem.contains(told)),
        "{told:?} is not among {problems:#?}"
    );
}

#[test]
fn a_lost_boot_sector_is_replaced_by_its_backup() {
    assert_survives(|image| image[..512].fill(0), "its backup in the last sector was read");
    assert_survives(|image| image[0x0b] = 7, "bytes per sector is 519");
}

#[test]
fn a_wrong_start_of_the_mft_is_replaced_by_the_mirror() {
    assert_survives(|image| image[MFT_LCN] = 0x77, "read from the copy in $MFTMirr");
    // It points to records, but not to the first one.
    assert_survives(|image| image[MFT_LCN] = 32 + 2, "read from the copy in $MFTMirr");
    assert_survives(|image| image[MFT..MFT + 1024].fill(0), "read from the copy in $MFTMirr");
    assert_survives(|image| image[MFT..MFT + 4096].fill(0), "read from the copy in $MFTMirr");
}

#[test]
fn without_any_start_of_the_mft_the_volume_stays_closed_and_says_why() {
    let Some(mut image) = small() else { return };
    image[MFT..MFT + 4096].fill(0);
    let mirror = 2047 * 512;
    image[mirror..mirror + 4096].fill(0);
    let source: Arc<dyn Source> = Arc::new(MemorySource::new(image));
    let Err(problem) = open(source) else { panic!("opened without an MFT") };
    assert_eq!(
        problem.to_string(),
        "MFT record at byte 16384 (0x4000): signature is 0 (0x0), expected 1162627398 (0x454c4946)"
    );
}

/// Where the record with this name lies.
fn find(volume: &Volume, path: &str) -> (u64, usize) {
    let row = &volume.rows()[path];
    (row.id.number, volume.record(row.id.number).at as usize)
}

#[test]
fn a_torn_record_is_used_and_told() {
    let Some(mut image) = small() else { return };
    let (number, at) = find(&scan(image.clone()), "/file-with-12345");
    image[at + 1022] ^= 0x55;
    let volume = scan(image);
    assert_eq!(volume.rows()["/file-with-12345"].size, 5);
    let damage = volume.damage();
    assert!(damage.len() == 1 && damage[0].contains("update sequence number is"), "{damage:?}");
    assert_eq!(volume.record(number).problems.len(), 1);
}

#[test]
fn a_destroyed_record_in_use_is_counted_and_keeps_its_name() {
    for signature in [b"BAAD", b"junk", b"\0\0\0\0"] {
        let Some(mut image) = small() else { return };
        let (number, at) = find(&scan(image.clone()), "/1000-bytes-file");
        image[at..at + 4].copy_from_slice(signature);
        let volume = scan(image);
        volume.assert_reconciled();
        let record = volume.record(number);
        assert_eq!(
            (record.kind, record.allocation, record.counted),
            (RecordKind::Unknown, Allocation::Allocated, true)
        );
        assert_eq!(record.problems[0].severity, Severity::Damage);
        let of_record = volume.links.iter().find(|link| link.child.number == number).unwrap();
        assert_eq!(readable_name(&of_record.name, NameEncoding::Utf16Le), "1000-bytes-file");
    }
}

#[test]
fn a_record_and_the_bitmap_that_disagree_are_told() {
    let Some(mut image) = small() else { return };
    let (_, at) = find(&scan(image.clone()), "/1000-bytes-file");
    image[at + 0x16] &= !1;
    let volume = scan(image);
    let damage = volume.damage();
    assert!(
        damage.len() == 1 && damage[0].contains("$MFT:$BITMAP says that the record is in use"),
        "{damage:?}"
    );
    assert_eq!(volume.rows()["/1000-bytes-file"].allocation, Allocation::Deleted);
}

#[test]
fn extension_records_whose_base_is_destroyed_come_as_records_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let Some((mut image, _)) = fill_small(folder.path()) else { return };
    let volume = scan(image.clone());
    let of_name = volume.links.iter().find(|link| link.name == b"s\0p\0a\0r\0s\0e\0");
    let base = of_name.unwrap().child;
    let of_base: Vec<u64> =
        volume.extensions.iter().filter(|one| one.base == base).map(|one| one.id.number).collect();
    let at = volume.record(base.number).at as usize;
    image[at..at + 4].copy_from_slice(b"BAAD");
    let volume = scan(image);
    volume.assert_reconciled();
    let mut streams = 0;
    for number in of_base {
        let record = volume.record(number);
        assert_eq!((record.kind, record.counted), (RecordKind::Unknown, true));
        let told = record.problems.iter().map(ToString::to_string).collect::<String>();
        assert!(told.contains("extends another, which does not list it"), "{told}");
        streams += record.streams.len();
    }
    assert!(streams > 0, "what they map is still there");
}

#[test]
fn a_volume_cut_off_is_read_as_far_as_it_goes() {
    let Some(mut image) = small() else { return };
    let whole = scan(image.clone());
    image.truncate(300 * 1024);
    let volume = scan(image);
    let damage = volume.damage();
    assert!(
        damage.iter().any(|problem| problem.contains("needs 2096640 bytes, has 307200")),
        "{damage:?}"
    );
    assert!(
        damage.iter().any(|problem| problem.contains("cannot be read: past the end")),
        "{damage:?}"
    );
    let found = paths(&volume).len();
    let all = paths(&whole).len();
    assert!(found > 100 && found < all, "{found} of {all}");
    // What is read in full is right.
    let whole = rows(&whole);
    for (path, row) in rows(&volume).iter().filter(|(_, row)| row.lost == 0) {
        assert_eq!(whole[path].md5, row.md5, "{path}");
    }
}

#[test]
fn a_record_is_read_again_by_its_identity_only() {
    let Some(image) = small() else { return };
    let volume = scan(image);
    let mut scratch = byte_source::Scratch::new();
    for record in volume.records.iter().filter(|record| record.kind != RecordKind::Unknown) {
        assert_eq!(volume.file_system.record(record.id, &mut scratch).as_ref(), Ok(record));
        let mut other = record.id;
        other.generation += 1;
        assert!(volume.file_system.record(other, &mut scratch).is_err());
    }
    let mut found = 0;
    volume.file_system.scan(3..3, &mut scratch, &mut |_: Found| found += 1);
    assert_eq!(found, 0);
}

#[test]
fn an_index_entry_that_names_another_directory_is_told() {
    let Some(mut image) = small() else { return };
    let told = |volume: &Volume| {
        let problems: Vec<String> = volume.problems.iter().map(ToString::to_string).collect();
        problems
            .into_iter()
            .filter(|problem| problem.contains("parent directory in the key"))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&scan(image.clone())), [""; 0]);
    let record =
        (0..image.len()).step_by(512).find(|at| image[*at..].starts_with(b"INDX")).unwrap();
    let first = 0x18 + u32::from_le_bytes(image[record + 0x18..][..4].try_into().unwrap()) as usize;
    let key = record + first + 16;
    image[key] ^= 0x40;
    let told = told(&scan(image));
    assert_eq!(told.len(), 1, "{told:?}");
    let entry = key - 16;
    assert!(told[0].starts_with(&format!("index entry at byte {entry} ")), "{told:?}");
}
