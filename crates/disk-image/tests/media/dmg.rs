//! Apple disk images: their own checksums, and damage.

use crate::beside;

use std::fs;

use beside::Seeded;

use disk_image::{Container, ImageError, OpenedImage};

const IMAGES: [&str; 5] = [
    "dfvfs-hfsplus_zlib.dmg",
    "keramics-hfsplus_zlib.dmg",
    "keramics-hfsplus_bzip2.dmg",
    "keramics-hfsplus_lzfse.dmg",
    "plaso-spotlight.10.13.dmg",
];

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}

/// A partition checksum that is claimed: `4a9766ce; sectors 40 to 3799; without 3796 to 3801, 3803 to 3803; name`.
struct Checksum {
    crc: u32,
    first: u64,
    last: u64,
    without: Vec<(u64, u64)>,
}

fn checksums(image: &OpenedImage) -> Vec<Checksum> {
    let claims = image.claims.iter().filter(|claim| claim.field == "partition checksum (CRC-32)");
    let range = |text: &str| {
        let (first, last) = text.split_once(" to ").unwrap();
        (first.parse().unwrap(), last.parse().unwrap())
    };
    let parse = |value: &str| {
        let mut parts = value.split("; ");
        let crc = u32::from_str_radix(parts.next().unwrap(), 16).unwrap();
        let (first, last) = range(parts.next().unwrap().strip_prefix("sectors ").unwrap());
        let without = parts.next().unwrap().strip_prefix("without ").unwrap();
        let without = without.split(", ").filter(|text| *text != "none").map(range).collect();
        Checksum { crc, first, last, without }
    };
    claims.map(|claim| parse(&claim.value)).collect()
}

/// Apple's own tool wrote these checksums: every coding gives the bytes it stored.
#[test]
fn the_checksums_of_all_partitions_fit() {
    let Some(shared) = beside::shared() else { return };
    let mut compared = 0;
    for id in IMAGES {
        let folder = tempfile::tempdir().unwrap();
        let path = beside::unpack(&shared, id, folder.path()).remove(0);
        for positioned in [false, true] {
            let image = beside::open_by(&path, positioned).unwrap();
            assert_eq!(image.container, Container::Dmg);
            assert_eq!(image.problems, [], "{id}");
            let medium = beside::all_bytes(&*image.medium);
            for Checksum { crc, first, last, without } in checksums(&image) {
                let counts = |sector: &u64| {
                    !without.iter().any(|(first, last)| (first..=last).contains(&sector))
                };
                let counted = (first..=last).filter(counts);
                let bytes: Vec<u8> = counted
                    .flat_map(|sector| &medium[sector as usize * 512..][..512])
                    .copied()
                    .collect();
                assert_eq!(crc32(&bytes), crc, "{id}: sectors {first} to {last}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 2 * 39);
}

#[test]
fn one_flipped_bit_in_a_checked_chunk_is_never_read_silently() {
    let Some(shared) = beside::shared() else { return };
    for id in ["keramics-hfsplus_zlib.dmg", "keramics-hfsplus_bzip2.dmg"] {
        let folder = tempfile::tempdir().unwrap();
        let whole = fs::read(beside::unpack(&shared, id, folder.path()).remove(0)).unwrap();
        let clean = beside::sweep(&*beside::open_bytes(id, whole.clone()).unwrap().medium);
        let text = String::from_utf8_lossy(&whole).into_owned();
        let data_end = text
            .find("<?xml")
            .map(|_| whole.windows(5).position(|window| window == b"<?xml").unwrap())
            .unwrap();
        let mut numbers = Seeded(2);
        let mut found = 0;
        for _ in 0..200 {
            let mut damaged = whole.clone();
            damaged[numbers.below(data_end as u64) as usize] ^= 1 << numbers.below(8);
            let sweep = beside::sweep(&*beside::open_bytes(id, damaged).unwrap().medium);
            assert!(!sweep.bad.is_empty() || sweep.md5 == clean.md5, "{id}: silently wrong");
            found += usize::from(!sweep.bad.is_empty());
        }
        assert!(found > 50, "{id}: {found}");
    }
}

#[test]
fn an_encrypted_image_is_said() {
    let mut bytes = vec![0; 4096];
    bytes[..8].copy_from_slice(b"encrcdsa");
    let Err(ImageError::Problem(problem)) = beside::open_bytes("a.dmg", bytes).map(|_| ()) else {
        panic!("opened")
    };
    assert!(problem.to_string().contains("not supported"), "{problem}");
}

#[test]
fn mutants_of_the_structure_are_refused_or_read() {
    let Some(shared) = beside::shared() else { return };
    for id in IMAGES {
        let folder = tempfile::tempdir().unwrap();
        let whole = fs::read(beside::unpack(&shared, id, folder.path()).remove(0)).unwrap();
        let mut numbers = Seeded(8);
        let mut opened = 0;
        for _ in 0..100 {
            let mut mutant = whole.clone();
            for _ in 0..=numbers.below(6) {
                let at = if numbers.below(3) == 0 {
                    whole.len() as u64 - 512 + numbers.below(512)
                } else {
                    numbers.below(whole.len() as u64)
                };
                mutant[at as usize] = numbers.next() as u8;
            }
            if let Ok(image) = beside::open_bytes(id, mutant) {
                beside::visit_head(&image.medium);
                opened += 1;
            }
        }
        assert!(opened > 30, "{id}: {opened}");
    }
}
