//! Inline data lies in `i_block` and in an extended attribute, and in the journal when that was not written home: its extents say where.

use std::fs::{self, File};

use case_model::Exactness;
use filesystem::{Layout, Place, extents};

use crate::journal_replay::{replayed, sync};
use crate::population::pattern;
use crate::reading::{Reading, read_file, sha256};
use crate::truth::{data, fault_image};
use crate::workshop::{Workshop, must};

/// Checks the bytes of the medium at the extents of all inline files. Returns how many files are exact, and how many are not.
#[track_caller]
fn assert_places(reading: &Reading, medium: &[u8]) -> (usize, usize) {
    let mut exact = 0;
    let mut other = 0;
    for (path, record) in reading.paths() {
        let Some(stream) = record.streams.first() else { continue };
        let Layout::Inline { bytes, .. } = &stream.layout else { continue };
        let found = extents(stream, medium.len() as u64).unwrap();
        if found.exactness != Exactness::Exact {
            other += 1;
            continue;
        }
        exact += 1;
        let mut at_extents = Vec::new();
        for run in &found.runs {
            let Place::At(at) = run.place else { panic!("{:?}", found.runs) };
            let at = usize::try_from(at).unwrap();
            at_extents.extend_from_slice(&medium[at..at + usize::try_from(run.length).unwrap()]);
        }
        assert!(at_extents == *bytes, "{}", String::from_utf8_lossy(&path));
    }
    (exact, other)
}

#[test]
fn a_shared_image_with_data_in_two_places() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().unwrap();
    let Some(image) = fault_image(&data, "ext-damaged/d_inline_dump.img.zst", folder.path()) else {
        return;
    };
    let reading = read_file(&image);
    assert_eq!(assert_places(&reading, &fs::read(&image).unwrap()), (2, 0));
    let stream = &reading.paths()[b"/file".as_slice()].streams[0];
    let found = extents(stream, 2 << 20).unwrap();
    let places: Vec<_> = found.runs.iter().map(|run| (run.length, run.place)).collect();
    // debugfs: i_block at byte 40 of inode 13, and the value of system.data at the end of the inode.
    assert!(
        matches!(places[..], [(60, Place::At(142_376)), (20, Place::At(142_572..142_592))]),
        "{places:?}"
    );
}

/// An image copied while it is mounted: inodes changed, and the journal alone knows.
fn copied_while_mounted() -> Option<(Workshop, Vec<u8>, Reading)> {
    let options = ["-t", "ext4", "-b", "4096", "-N", "400", "-O", "inline_data"];
    let workshop = Workshop::new(64 << 20, &options)?;
    let mount = workshop.mount("rw,commit=600")?;
    for number in 0..40_u64 {
        fs::write(mount.at.join(format!("file {number}")), pattern(number, number as usize * 4))
            .unwrap();
    }
    sync(&mount.at);
    for number in 10..16_u64 {
        let path = mount.at.join(format!("file {number}"));
        fs::write(&path, pattern(100 + number, number as usize * 4)).unwrap();
        File::open(&path).unwrap().sync_all().unwrap();
    }
    let copy = workshop.path("copy");
    must("cp", &["--sparse=always", &workshop.image_text(), copy.to_str().unwrap()]);
    drop(mount);
    let medium = fs::read(&copy).unwrap();
    let reading = read_file(&copy);
    Some((workshop, medium, reading))
}

#[test]
fn inodes_in_the_journal_have_their_extents_there() {
    let Some((_workshop, medium, reading)) = copied_while_mounted() else { return };
    assert!(replayed(&reading, "number of blocks to replay").unwrap() > 0);
    let (exact, other) = assert_places(&reading, &medium);
    assert!(exact >= 30 && other == 0, "{exact} exact, {other} not");
    let content = &reading.files()[b"/file 13".as_slice()];
    assert_eq!(content.sha256, sha256(&pattern(113, 52)), "the content is that of the journal");
}
