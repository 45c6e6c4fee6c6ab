//! EWF version 2 images written by libewf and by the crate ewf-image (`testdata/ewf`), whole and damaged.
use crate::beside;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use beside::Seeded;
use byte_source::{BadReason, ProblemKind, Severity};
use case_model::to_hex;
use disk_image::{Container, ImageError};
use simd_adler32::adler32;

/// MD5 of the medium that `testdata/ewf/acquire.sh` makes, by `md5sum`: whole, and up to its last whole sector.
const MEDIUM: (u64, &str) = (163_330, "05240599ff1abd46ce42b2a9af2f0890");
const WHOLE_SECTORS: (u64, &str) = (163_328, "7acd26cfd0ee022c06c16e51b9a2243a");
const SECTOR_DATA: u32 = 3;
const SECTOR_TABLE: u32 = 4;

fn image(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/ewf").join(name)
}

#[test]
fn images_of_two_writers_give_the_medium_back() {
    for (name, (bytes, md5), notes) in [
        ("libewf-none.Ex01", MEDIUM, 1),
        ("libewf-best.Ex01", MEDIUM, 1),
        ("ewf-image-bzip2.Ex01", WHOLE_SECTORS, 1),
        ("ewf-image-split.Ex01", WHOLE_SECTORS, 0),
    ] {
        for positioned in [false, true] {
            let image = beside::open_by(&image(name), positioned).unwrap();
            assert_eq!((image.container, image.sector_bytes), (Container::Ewf2, 512), "{name}");
            let sweep = beside::sweep(&*image.medium);
            assert_eq!(
                (sweep.bytes, sweep.md5.as_str(), sweep.bad.len()),
                (bytes, md5, 0),
                "{name}"
            );
            let stored: Vec<_> =
                image.stored_digests.iter().map(|stored| to_hex(&stored.digest)).collect();
            assert_eq!((stored.len(), stored[0].as_str()), (2, md5), "{name}");
            assert!(image.problems.iter().all(|problem| problem.severity == Severity::Note));
            assert_eq!(image.problems.len(), notes, "{name}: {:?}", image.problems);
        }
    }
}

#[test]
fn claims_are_readable_and_named() {
    let image = beside::open(&image("libewf-best.Ex01")).unwrap();
    for (field, value) in [
        ("case number", "K-7/26"),
        ("evidence number", "disk 1"),
        ("examiner", "Zoë"),
        ("description", "grey box"),
        ("notes", "seized"),
        ("acquisition date", "2026-11-22 02:17:46 UTC"),
        ("acquisition operating system", "Linux"),
        ("media type", "removable disk (r)"),
        ("media flags", "logical"),
        ("compression method", "zlib"),
    ] {
        let found: Vec<_> = image.claims.iter().filter(|claim| claim.field == field).collect();
        assert!(matches!(found[..], [claim] if claim.value == value), "{field}: {found:?}");
    }
}

/// A writer of version 2, where one is installed: the `ewfacquire` of Debian 12 writes version 1 instead.
#[test]
fn every_compression_of_an_installed_writer_gives_the_medium_back() {
    if !beside::have("ewfacquire") {
        return;
    }
    for options in
        ["-c none", "-c empty-block", "-c fast", "-c best", "-c none -S 1M", "-c fast -b 256"]
    {
        let folder = tempfile::tempdir().unwrap();
        let medium = beside::medium(2_500_000 + 458, 7);
        fs::write(folder.path().join("medium.raw"), &medium).unwrap();
        let command = format!("ewfacquire -u -q -f encase7-v2 {options} -t image medium.raw");
        beside::run(folder.path(), &command);
        let path = folder.path().join("image.Ex01");
        if !path.exists() {
            eprintln!("skipped: this ewfacquire writes no EWF version 2");
            return;
        }
        let image = beside::open(&path).unwrap();
        assert!(beside::all_bytes(&*image.medium) == medium, "{options}");
        assert!(
            image.problems.iter().all(|problem| problem.severity == Severity::Note),
            "{options}"
        );
    }
}

/// A copy of the split image without some of its files.
fn split_without(gone: &[u32]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for number in [1, 2, 3].iter().filter(|number| !gone.contains(number)) {
        let name = format!("ewf-image-split.Ex0{number}");
        fs::copy(image(&name), folder.path().join(&name)).unwrap();
    }
    folder
}

#[test]
fn what_a_missing_segment_file_held_is_bad_and_all_else_is_read() {
    let whole = beside::all_bytes(&*beside::open(&image("ewf-image-split.Ex01")).unwrap().medium);
    for number in [1, 2, 3] {
        let folder = split_without(&[number]);
        let named = if number == 1 { 2 } else { 1 };
        let opened =
            beside::open(&folder.path().join(format!("ewf-image-split.Ex0{named}"))).unwrap();
        let sweep = beside::sweep(&*opened.medium);
        let [(start, length, reason)] = sweep.bad[..] else { panic!("{number}: {:?}", sweep.bad) };
        assert_eq!(reason, BadReason::MissingSegment { number });
        let mut zeroed = whole.clone();
        zeroed[start as usize..(start + length) as usize].fill(0);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("zeroed.raw"), &zeroed).unwrap();
        let expected =
            beside::sweep(&*beside::open(&folder.path().join("zeroed.raw")).unwrap().medium);
        assert_eq!(
            (sweep.bytes, sweep.md5),
            (expected.bytes, expected.md5),
            "all other bytes in their place"
        );
        let named = ProblemKind::Unreadable(BadReason::MissingSegment { number });
        assert!(
            opened.problems.iter().any(|problem| problem.kind == named),
            "{:?}",
            opened.problems
        );
    }
}

#[test]
fn a_segment_file_of_another_image_is_not_read() {
    let folder = split_without(&[]);
    let second = folder.path().join("ewf-image-split.Ex02");
    let mut bytes = fs::read(&second).unwrap();
    bytes[16] ^= 1;
    fs::write(&second, bytes).unwrap();
    let opened = beside::open(&folder.path().join("ewf-image-split.Ex01")).unwrap();
    let sweep = beside::sweep(&*opened.medium);
    assert!(
        matches!(sweep.bad[..], [(_, _, BadReason::MissingSegment { number: 2 })]),
        "{:?}",
        sweep.bad
    );
    assert!(opened.problems.iter().any(|problem| problem.severity == Severity::Damage));
}

/// The sections of a segment file from its end: type, place of the descriptor, data.
fn sections(bytes: &[u8]) -> Vec<(u32, usize, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = bytes.len() - 64;
    loop {
        let number = |from: usize| {
            u64::from_le_bytes(bytes[at + from..at + from + 8].try_into().unwrap()) as usize
        };
        found.push((number(0) as u32, at, at - number(16)..at));
        match number(8) {
            0 => return found,
            previous => at = previous,
        }
    }
}

fn find(bytes: &[u8], kind: u32) -> (usize, Range<usize>) {
    let found = sections(bytes).into_iter().find(|section| section.0 == kind).unwrap();
    (found.1, found.2)
}

/// One bit flipped in each of 300 places of the chunks, one after the other: each is found, or the decoded bytes are the same.
#[test]
fn one_flipped_bit_in_a_chunk_is_never_read_silently() {
    for (name, (_, md5)) in [
        ("libewf-none.Ex01", MEDIUM),
        ("libewf-best.Ex01", MEDIUM),
        ("ewf-image-bzip2.Ex01", WHOLE_SECTORS),
    ] {
        let whole = fs::read(image(name)).unwrap();
        let data = find(&whole, SECTOR_DATA).1;
        let mut numbers = Seeded(2);
        let mut harmless = 0;
        for _ in 0..300 {
            let at = data.start + numbers.below(data.len() as u64) as usize;
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << numbers.below(8);
            let sweep = beside::sweep(&*beside::open_bytes("image.Ex01", damaged).unwrap().medium);
            match sweep.bad[..] {
                [] => {
                    assert_eq!(sweep.md5, md5, "{name}: silently wrong, byte {at}");
                    harmless += 1;
                }
                [
                    (
                        start,
                        _,
                        BadReason::Checksum { number, .. } | BadReason::Undecodable { number, .. },
                    ),
                ] => {
                    assert_eq!(start, number * 32768);
                }
                ref other => panic!("{name}: byte {at}: {other:?}"),
            }
        }
        eprintln!(
            "{name}: 300 flipped bits, {} found, {harmless} without effect, 0 silent",
            300 - harmless
        );
        assert!(harmless < 30, "{name}: {harmless}");
    }
}

/// Header, entries and footer of the sector table: whatever is changed, no other bytes are given without damage being said.
#[test]
fn a_damaged_sector_table_is_said_and_its_patterns_are_not_believed() {
    let whole = fs::read(image("libewf-none.Ex01")).unwrap();
    let table = find(&whole, SECTOR_TABLE).1;
    for at in table.clone() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        let opened = beside::open_bytes("image.Ex01", damaged).unwrap();
        let sweep = beside::sweep(&*opened.medium);
        let damage = opened.problems.iter().any(|problem| problem.severity == Severity::Damage);
        assert!(damage || sweep.md5 == MEDIUM.1, "byte {at}");
        let entries = table.start + 32..table.start + 32 + 5 * 16;
        if entries.contains(&at) {
            let patterns = sweep.bad.iter().filter(|bad| bad.0 == 65536).count();
            assert!(damage && patterns == 1, "byte {at}: {:?}", sweep.bad);
        }
    }
}

#[test]
fn a_broken_chain_of_sections_is_picked_up_again() {
    let whole = fs::read(image("libewf-best.Ex01")).unwrap();
    for (kind, at, _) in sections(&whole) {
        if matches!(kind, 1 | 2 | SECTOR_TABLE) {
            continue;
        }
        let mut damaged = whole.clone();
        damaged[at + 9] ^= 0xff;
        let opened = beside::open_bytes("image.Ex01", damaged).unwrap();
        let sweep = beside::sweep(&*opened.medium);
        assert_eq!((sweep.md5.as_str(), sweep.bad.len()), (MEDIUM.1, 0), "{kind}");
        assert!(
            opened.problems.iter().any(|problem| problem.severity == Severity::Damage),
            "{kind}"
        );
    }
}

#[test]
fn an_image_that_was_cut_off_is_read_as_far_as_its_tables_go() {
    let folder = split_without(&[]);
    let last = folder.path().join("ewf-image-split.Ex03");
    let bytes = fs::read(&last).unwrap();
    fs::write(&last, &bytes[..bytes.len() / 2]).unwrap();
    let opened = beside::open(&folder.path().join("ewf-image-split.Ex01")).unwrap();
    let sweep = beside::sweep(&*opened.medium);
    let [(131_072, length, BadReason::LayoutEnds)] = sweep.bad[..] else {
        panic!("{:?}", sweep.bad)
    };
    assert_eq!(131_072 + length, WHOLE_SECTORS.0);
    assert!(opened.problems.iter().any(|problem| problem.severity == Severity::Damage));
}

/// Sets the checksum of the descriptor at byte `at`.
fn mend(bytes: &mut [u8], at: usize) {
    let checksum = adler32(&&bytes[at..at + 60]);
    bytes[at + 60..at + 64].copy_from_slice(&checksum.to_le_bytes());
}

#[test]
fn an_encrypted_image_is_refused_by_name() {
    let mut bytes = fs::read(image("libewf-best.Ex01")).unwrap();
    let at = find(&bytes, 2).0;
    bytes[at + 4] |= 2;
    mend(&mut bytes, at);
    match beside::open_bytes("image.Ex01", bytes).map(|_| ()) {
        Err(ImageError::Problem(problem)) => {
            assert!(problem.to_string().contains("encrypted"), "{problem}")
        }
        other => panic!("{other:?}"),
    }
}

/// Structure bytes changed at random: no panic, no hang.
#[test]
fn mutants_of_the_structure_are_refused_or_read() {
    let whole = fs::read(image("libewf-best.Ex01")).unwrap();
    let data = find(&whole, SECTOR_DATA).1;
    let descriptors: Vec<usize> = sections(&whole).iter().map(|section| section.1).collect();
    let structure: Vec<usize> = (0..data.start).chain(data.end..whole.len()).collect();
    let mut numbers = Seeded(20_26);
    let mut opened = 0;
    for _ in 0..300 {
        let mut mutant = whole.clone();
        for _ in 0..=numbers.below(8) {
            mutant[structure[numbers.below(structure.len() as u64) as usize]] =
                numbers.next() as u8;
        }
        if numbers.below(2) == 0 {
            descriptors.iter().for_each(|at| mend(&mut mutant, *at));
        }
        if numbers.below(10) == 0 {
            mutant.truncate(numbers.below(whole.len() as u64) as usize + 1);
        }
        if let Ok(image) = beside::open_bytes("image.Ex01", mutant) {
            beside::visit_head(&image.medium);
            opened += 1;
        }
    }
    assert!(opened > 60, "{opened}");
}
