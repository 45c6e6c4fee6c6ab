//! EWF images written by libewf's tools, whole and damaged.
use crate::beside;

use std::fs;
use std::path::{Path, PathBuf};

use beside::Seeded;
use byte_source::{BadReason, ProblemKind, Severity};
use case_model::to_hex;
use disk_image::{Container, ImageError};
use md5::{Digest, Md5};

/// Acquires `medium` into `folder` with `options` and gives the first segment file's path; `None` without the program.
fn acquire(folder: &Path, medium: &[u8], options: &str) -> Option<PathBuf> {
    if !beside::have("ewfacquire") {
        return None;
    }
    fs::write(folder.join("medium.raw"), medium).unwrap();
    beside::run(folder, &format!("ewfacquire -u -q -t image {options} medium.raw"));
    ["image.E01", "image.e01", "image.s01"]
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.exists())
}

fn md5(bytes: &[u8]) -> String {
    to_hex(&Md5::digest(bytes))
}

#[test]
fn every_form_and_compression_gives_the_medium_back() {
    for form in [
        "ewf", "smart", "ftk", "encase1", "encase2", "encase3", "encase4", "encase5", "encase6",
        "linen5", "linen6", "ewfx",
    ] {
        for compression in ["none", "empty-block", "fast", "best"] {
            let folder = tempfile::tempdir().unwrap();
            // Not a whole number of chunks, nor of sectors.
            let medium = beside::medium(2_500_000 + 458, 7);
            let Some(path) =
                acquire(folder.path(), &medium, &format!("-f {form} -c {compression}"))
            else {
                return;
            };
            let image = beside::open(&path).unwrap();
            assert_eq!(image.container, Container::Ewf);
            assert!(beside::all_bytes(&*image.medium) == medium, "{form} {compression}");
            let stored: Vec<_> =
                image.stored_digests.iter().map(|stored| to_hex(&stored.digest)).collect();
            assert!(stored.contains(&md5(&medium)), "{form} {compression}: {stored:?}");
            assert!(
                image.problems.iter().all(|problem| problem.severity == Severity::Note),
                "{:?}",
                image.problems
            );
        }
    }
}

#[test]
fn claims_are_readable_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let options = "-f encase6 -C K-7/26 -E 'disk 1' -e Zoë -D 'grey box' -N seized -m removable -M logical -d sha1";
    let Some(path) = acquire(folder.path(), &beside::medium(100_000, 1), options) else { return };
    let image = beside::open(&path).unwrap();
    let claim = |field| {
        let mut found = image.claims.iter().filter(move |claim| claim.field == field);
        found.next().map(|claim| claim.value.as_str()).unwrap_or_default()
    };
    assert_eq!(claim("case number"), "K-7/26");
    assert_eq!(claim("evidence number"), "disk 1");
    assert_eq!(claim("examiner"), "Zoë");
    assert_eq!(claim("description"), "grey box");
    assert_eq!(claim("notes"), "seized");
    assert_eq!(claim("acquisition operating system"), "Linux");
    assert_eq!(claim("media type"), "removable disk (0x00)");
    assert!(claim("media flags").starts_with("logical"));
    assert!(claim("acquisition date").ends_with("UTC"), "{:?}", claim("acquisition date"));
    assert_eq!(image.stored_digests.len(), 3, "{:?}", image.stored_digests);
}

/// A split image of about six segment files, its medium and the path of the first.
fn split(folder: &Path) -> Option<(Vec<u8>, PathBuf)> {
    let medium = noise(5_500_000);
    let path = acquire(folder, &medium, "-c none -S 1M")?;
    assert!(folder.join("image.E06").exists());
    Some((medium, path))
}

fn noise(bytes: usize) -> Vec<u8> {
    let mut numbers = Seeded(3);
    let mut out: Vec<u8> =
        (0..bytes.div_ceil(8)).flat_map(|_| numbers.next().to_le_bytes()).collect();
    out.truncate(bytes);
    out
}

#[test]
fn a_split_image_is_one_medium() {
    let folder = tempfile::tempdir().unwrap();
    let Some((medium, path)) = split(folder.path()) else { return };
    for positioned in [false, true] {
        let image = beside::open_by(&path, positioned).unwrap();
        assert_eq!(image.segments.len(), 6);
        assert!(beside::all_bytes(&*image.medium) == medium);
    }
    let second = folder.path().join("image.E02");
    assert!(
        matches!(beside::open(&second), Err(ImageError::Problem(_))),
        "the first one must be opened"
    );
}

#[test]
fn what_a_missing_segment_file_held_is_bad_and_all_else_is_read() {
    for (gone, number) in [("image.E01", 1), ("image.E03", 3), ("image.E06", 6)] {
        let folder = tempfile::tempdir().unwrap();
        let Some((medium, path)) = split(folder.path()) else { return };
        fs::remove_file(folder.path().join(gone)).unwrap();
        let path = if number == 1 { folder.path().join("image.E02") } else { path };
        let image = beside::open(&path).unwrap();
        let sweep = beside::sweep(&*image.medium);
        assert_eq!(sweep.bytes.div_ceil(32768), medium.len().div_ceil(32768) as u64, "{gone}");
        let [(start, length, reason)] = sweep.bad[..] else { panic!("{gone}: {:?}", sweep.bad) };
        assert_eq!(reason, BadReason::MissingSegment { number });
        let (start, end) = (start as usize, (start + length) as usize);
        let mut zeroed = medium.clone();
        let end = end.min(medium.len());
        zeroed[start..end].fill(0);
        zeroed.truncate(sweep.bytes as usize);
        assert_eq!(sweep.md5, md5(&zeroed), "{gone}: all other bytes are in their place");
        let named = ProblemKind::Unreadable(BadReason::MissingSegment { number });
        assert!(image.problems.iter().any(|problem| problem.kind == named), "{:?}", image.problems);
    }
}

#[test]
fn segment_files_under_each_others_names_are_read_by_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let Some((medium, path)) = split(folder.path()) else { return };
    beside::run(folder.path(), "mv image.E03 x && mv image.E04 image.E03 && mv x image.E04");
    let image = beside::open(&path).unwrap();
    assert!(beside::all_bytes(&*image.medium) == medium);
    assert!(
        image.problems.iter().any(|problem| problem.severity == Severity::Note),
        "{:?}",
        image.problems
    );
}

#[test]
fn a_segment_file_of_another_image_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let Some((_, path)) = split(folder.path()) else { return };
    let Some(_) = split(other.path()) else { return };
    // libewf leaves the set identifier empty: give each image its own.
    for (folder, identifier) in [(&folder, 1), (&other, 2)] {
        for number in 1..=6 {
            set_identifier(&folder.path().join(format!("image.E0{number}")), identifier);
        }
    }
    assert!(beside::sweep(&*beside::open(&path).unwrap().medium).bad.is_empty());
    fs::copy(other.path().join("image.E04"), folder.path().join("image.E04")).unwrap();
    let image = beside::open(&path).unwrap();
    let sweep = beside::sweep(&*image.medium);
    assert!(
        matches!(sweep.bad[..], [(_, _, BadReason::MissingSegment { number: 4 })]),
        "{:?}",
        sweep.bad
    );
    assert!(
        image.problems.iter().any(|problem| problem.severity == Severity::Damage),
        "{:?}",
        image.problems
    );
}

/// Writes `identifier` into the volume sections of a segment file and mends their checksums.
fn set_identifier(path: &Path, identifier: u8) {
    let mut bytes = fs::read(path).unwrap();
    for kind in [&b"volume\0\0\0\0"[..], b"data\0\0\0\0\0\0"] {
        if let Some(at) = find(&bytes, kind) {
            let data = at + 76;
            bytes[data + 64..data + 80].fill(identifier);
            let checksum = simd_adler32::adler32(&&bytes[data..data + 1048]);
            bytes[data + 1048..data + 1052].copy_from_slice(&checksum.to_le_bytes());
        }
    }
    fs::write(path, bytes).unwrap();
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[test]
fn a_truncated_image_is_read_as_far_as_its_tables_go() {
    let folder = tempfile::tempdir().unwrap();
    let Some((medium, path)) = split(folder.path()) else { return };
    let last = folder.path().join("image.E06");
    let bytes = fs::read(&last).unwrap();
    fs::write(&last, &bytes[..bytes.len() / 2]).unwrap();
    let image = beside::open(&path).unwrap();
    assert_eq!(
        image.medium.len(),
        medium.len().next_multiple_of(512) as u64 - 512,
        "by whole sectors"
    );
    let sweep = beside::sweep(&*image.medium);
    let [(start, length, BadReason::LayoutEnds)] = sweep.bad[..] else { panic!("{:?}", sweep.bad) };
    assert_eq!(start + length, image.medium.len());
    assert!(start > 4_000_000);
    let start = start as usize;
    let head =
        byte_source::read_vec(&*image.medium, 0, start as u64, &mut byte_source::Scratch::new());
    assert!(head.unwrap() == medium[..start]);
    assert!(image.problems.iter().any(|problem| problem.severity == Severity::Damage));
}

/// One bit flipped in each of 300 chunks, one after the other: each is found, or the decoded bytes are the same.
#[test]
fn one_flipped_bit_in_a_chunk_is_never_read_silently() {
    for compression in ["none", "fast", "best"] {
        let folder = tempfile::tempdir().unwrap();
        let medium = beside::medium(4_000_000, 11);
        let Some(path) = acquire(folder.path(), &medium, &format!("-c {compression}")) else {
            return;
        };
        let whole = fs::read(&path).unwrap();
        let sectors = find(&whole, b"sectors\0").unwrap() + 76;
        let end = find(&whole, b"table\0\0\0").unwrap();
        let mut numbers = Seeded(300);
        let mut harmless = 0;
        for _ in 0..300 {
            let at = sectors + numbers.below((end - sectors) as u64) as usize;
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << numbers.below(8);
            let image = beside::open_bytes("image.E01", damaged).unwrap();
            let sweep = beside::sweep(&*image.medium);
            match sweep.bad[..] {
                [] => {
                    assert_eq!(sweep.md5, md5(&medium), "{compression}: silently wrong, byte {at}");
                    harmless += 1;
                }
                [
                    (
                        start,
                        length,
                        BadReason::Checksum { number, .. } | BadReason::Undecodable { number, .. },
                    ),
                ] => {
                    assert_eq!(
                        (start, length),
                        (number * 32768, 32768.min(medium.len() as u64 - start))
                    );
                }
                ref other => panic!("{compression}: byte {at}: {other:?}"),
            }
        }
        eprintln!(
            "{compression}: 300 flipped bits, {} found, {harmless} without effect, 0 silent",
            300 - harmless
        );
        assert!(harmless < 15);
    }
}

#[test]
fn a_damaged_table_is_replaced_by_its_copy_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let medium = beside::medium(3_000_000, 5);
    let Some(path) = acquire(folder.path(), &medium, "-c fast") else { return };
    let whole = fs::read(&path).unwrap();
    let table = find(&whole, b"table\0\0\0").unwrap();
    // Number of entries, base offset, an entry, the descriptor itself.
    for at in [table + 76, table + 76 + 9, table + 76 + 24 + 41, table + 18] {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        let image = beside::open_bytes("image.E01", damaged).unwrap();
        assert!(beside::all_bytes(&*image.medium) == medium, "byte {at}");
        assert!(!image.problems.is_empty(), "byte {at}");
    }
}

/// A section: descriptor with its checksum, data. It ends where the next begins; the last one points at itself.
fn section(kind: &str, at: usize, data: &[u8], last: bool) -> Vec<u8> {
    let mut bytes = kind.as_bytes().to_vec();
    bytes.resize(16, 0);
    let next = if last { at } else { at + 76 + data.len() };
    bytes.extend_from_slice(&(next as u64).to_le_bytes());
    bytes.extend_from_slice(&(76 + data.len() as u64).to_le_bytes());
    bytes.resize(72, 0);
    bytes.extend_from_slice(&simd_adler32::adler32(&bytes.as_slice()).to_le_bytes());
    bytes.extend_from_slice(data);
    bytes
}

#[test]
fn sectors_that_the_acquisition_could_not_read_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let medium = beside::medium(300_032, 5);
    let Some(path) = acquire(folder.path(), &medium, "-c fast") else { return };
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(find(&bytes, b"hash\0\0\0\0\0").unwrap());
    let mut data = 2_u32.to_le_bytes().to_vec();
    data.resize(516, 0);
    data.extend_from_slice(&simd_adler32::adler32(&data.as_slice()).to_le_bytes());
    for number in [100_u32, 8, 300, 1] {
        data.extend_from_slice(&number.to_le_bytes());
    }
    data.extend_from_slice(&simd_adler32::adler32(&&data[520..]).to_le_bytes());
    bytes.extend(section("error2", bytes.len(), &data, false));
    bytes.extend(section("done", bytes.len(), &[], true));
    let image = beside::open_bytes("image.E01", bytes).unwrap();
    let listed: Vec<_> = image
        .claims
        .iter()
        .filter(|claim| claim.field == "sectors unreadable at acquisition")
        .collect();
    assert_eq!(listed[0].value, "100 to 107 (8 sectors)");
    assert_eq!(listed[1].value, "300 to 300 (1 sectors)");
    assert!(
        matches!(image.problems[..], [ref one] if one.severity == Severity::Note && one.to_string().contains("is 9 "))
    );
    assert!(beside::all_bytes(&*image.medium) == medium);
}

#[test]
fn a_broken_chain_of_sections_is_picked_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let medium = beside::medium(3_000_000, 5);
    let Some(path) = acquire(folder.path(), &medium, "-c fast") else { return };
    let whole = fs::read(&path).unwrap();
    for kind in [
        &b"header2\0"[..],
        b"sectors\0",
        b"table\0\0\0",
        b"table2\0\0",
        b"data\0\0\0\0\0",
        b"hash\0\0\0\0\0",
    ] {
        let mut damaged = whole.clone();
        let at = find(&whole, kind).unwrap();
        damaged[at + 16] ^= 0xff;
        let image = beside::open_bytes("image.E01", damaged).unwrap();
        assert!(beside::all_bytes(&*image.medium) == medium, "{}", String::from_utf8_lossy(kind));
        assert!(image.problems.iter().any(|problem| problem.severity == Severity::Damage));
    }
}

/// Structure bytes changed at random: no panic, no hang, no medium that claims more than deflate can expand.
#[test]
fn mutants_of_the_structure_are_refused_or_read() {
    let folder = tempfile::tempdir().unwrap();
    let medium = beside::medium(400_000, 9);
    let Some(path) = acquire(folder.path(), &medium, "-c fast") else { return };
    let whole = fs::read(&path).unwrap();
    let sectors = find(&whole, b"sectors\0").unwrap() + 76;
    let table = find(&whole, b"table\0\0\0").unwrap();
    let structure: Vec<usize> = (0..sectors).chain(table..whole.len()).collect();
    let mut numbers = Seeded(20_26);
    let mut opened = 0;
    for _ in 0..300 {
        let mut mutant = whole.clone();
        for _ in 0..=numbers.below(20) {
            let at = structure[numbers.below(structure.len() as u64) as usize];
            mutant[at] = numbers.next() as u8;
        }
        if numbers.below(10) == 0 {
            mutant.truncate(numbers.below(whole.len() as u64) as usize + 1);
        }
        if numbers.below(3) == 0 {
            mend(&mut mutant);
        }
        if let Ok(image) = beside::open_bytes("image.E01", mutant) {
            beside::visit_head(&image.medium);
            opened += 1;
        }
    }
    assert!(opened > 100, "{opened}");
}

/// Makes the checksums of volume and table headers right again, so that mutants get past them.
fn mend(bytes: &mut [u8]) {
    for (kind, length) in [
        (&b"volume\0\0"[..], 1048),
        (b"data\0\0\0\0", 1048),
        (b"table\0\0\0", 20),
        (b"table2\0\0", 20),
    ] {
        let Some(at) = find(bytes, kind) else { continue };
        for (from, length) in [(at, 72), (at + 76, length)] {
            if from + length + 4 <= bytes.len() {
                let checksum = simd_adler32::adler32(&&bytes[from..from + length]);
                bytes[from + length..from + length + 4].copy_from_slice(&checksum.to_le_bytes());
            }
        }
    }
}
