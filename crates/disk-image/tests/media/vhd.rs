//! VHD images written by `qemu-img`, whole, layered and damaged.

use crate::beside;

use std::fs;
use std::path::Path;

use beside::Seeded;
use byte_source::{BadReason, Severity};
use disk_image::{Container, ImageError};

const BLOCK: usize = 2 << 20;

/// Converts a medium of `bytes` bytes to `image.vhd`; `None` without the program.
fn convert(folder: &Path, bytes: usize, subformat: &str) -> Option<Vec<u8>> {
    if !beside::have("qemu-img") {
        return None;
    }
    let mut medium = beside::medium(bytes, 13);
    medium[BLOCK + 1000..2 * BLOCK + 9000].fill(0);
    fs::write(folder.join("medium.raw"), &medium).unwrap();
    let options = format!("-O vpc -o force_size=on,subformat={subformat}");
    beside::run(folder, &format!("qemu-img convert -f raw {options} medium.raw image.vhd"));
    Some(medium)
}

#[test]
fn fixed_and_dynamic_images_give_the_medium_back() {
    for subformat in ["fixed", "dynamic"] {
        let folder = tempfile::tempdir().unwrap();
        let Some(medium) = convert(folder.path(), 9_000_448, subformat) else { return };
        for positioned in [false, true] {
            let image = beside::open_by(&folder.path().join("image.vhd"), positioned).unwrap();
            assert_eq!(image.container, Container::Vhd);
            assert!(beside::all_bytes(&*image.medium) == medium, "{subformat}");
            assert_eq!(image.problems, []);
            assert!(image.claims.iter().any(|claim| claim.value == "qem2"), "{:?}", image.claims);
        }
    }
}

#[test]
fn a_wrong_footer_is_said_and_the_image_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let Some(medium) = convert(folder.path(), 9_000_448, "dynamic") else { return };
    let whole = fs::read(folder.path().join("image.vhd")).unwrap();
    let end = whole.len() - 512;
    let checksum = 64;
    for (places, severity) in [
        (vec![end + checksum], Severity::Note),
        (vec![checksum], Severity::Note),
        (vec![checksum, end + checksum], Severity::Damage),
    ] {
        let mut damaged = whole.clone();
        places.iter().for_each(|at| damaged[*at] ^= 1);
        let image = beside::open_bytes("image.vhd", damaged).unwrap();
        assert!(beside::all_bytes(&*image.medium) == medium);
        assert!(
            matches!(image.problems[..], [ref one] if one.severity == severity),
            "{:?}",
            image.problems
        );
    }
    let image = beside::open_bytes("image.vhd", whole[..end - 1_900_000].to_vec()).unwrap();
    let sweep = beside::sweep(&*image.medium);
    assert!(matches!(sweep.bad[..], [(_, _, BadReason::BeyondEnd)]), "{:?}", sweep.bad);
    assert_eq!(sweep.bytes, medium.len() as u64);
}

/// A differencing image made of a dynamic one: its sectors count where the bitmap says so.
#[test]
fn a_differencing_image_reads_sector_by_sector() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let Some(below) = convert(folder.path(), 9_000_448, "dynamic") else { return };
    let Some(_) = convert(other.path(), 9_000_448, "dynamic") else { return };
    let parent = fs::read(folder.path().join("image.vhd")).unwrap();
    fs::rename(folder.path().join("image.vhd"), folder.path().join("Parent.vhd")).unwrap();
    let mut child = fs::read(other.path().join("image.vhd")).unwrap();
    let identifier = parent[parent.len() - 512 + 68..][..16].to_vec();
    let (expected, header) =
        make_differencing(&mut child, &below, "C:\\vm\\Parent.vhd", &identifier);
    fs::write(folder.path().join("child.vhd"), &child).unwrap();
    let image = beside::open(&folder.path().join("child.vhd")).unwrap();
    assert_eq!(image.problems, []);
    assert!(beside::all_bytes(&*image.medium) == expected);

    child[header + 40] ^= 1;
    mend(&mut child[header..header + 1024], 36);
    fs::write(folder.path().join("child.vhd"), &child).unwrap();
    let image = beside::open(&folder.path().join("child.vhd")).unwrap();
    assert!(
        matches!(image.problems[..], [ref one] if one.severity == Severity::Damage),
        "{:?}",
        image.problems
    );

    fs::remove_file(folder.path().join("Parent.vhd")).unwrap();
    match beside::open(&folder.path().join("child.vhd")).map(|_| ()) {
        Err(ImageError::MissingFile { name, .. }) => assert_eq!(name, "Parent.vhd"),
        other => panic!("{other:?}"),
    }
}

/// Turns a dynamic image into a differencing one with 0x5A in some sectors; what it should read as, and where its header is.
fn make_differencing(
    child: &mut [u8],
    below: &[u8],
    parent: &str,
    identifier: &[u8],
) -> (Vec<u8>, usize) {
    let word = |bytes: &[u8], at: usize| {
        u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
    };
    let header = word(child, 20);
    child[header + 40..header + 56].copy_from_slice(identifier);
    for (place, unit) in parent.encode_utf16().enumerate() {
        child[header + 64 + 2 * place..][..2].copy_from_slice(&unit.to_be_bytes());
    }
    mend(&mut child[header..header + 1024], 36);
    for footer in [0, child.len() - 512] {
        child[footer + 60..footer + 64].copy_from_slice(&4_u32.to_be_bytes());
        mend(&mut child[footer..footer + 512], 64);
    }
    let table = word(child, header + 20);
    let mut expected = below.to_vec();
    let mut numbers = Seeded(6);
    for block in 0..below.len().div_ceil(BLOCK) {
        let entry = word(child, table + 4 * block);
        if entry == u32::MAX as usize {
            continue;
        }
        let bitmap = entry * 512;
        child[bitmap..bitmap + 512].fill(0);
        for sector in 0..4096 {
            let place = block * BLOCK + sector * 512;
            if numbers.below(3) == 0 && place < expected.len() {
                child[bitmap + sector / 8] |= 0x80 >> (sector % 8);
                child[bitmap + 512 + sector * 512..][..512].fill(0x5a);
                expected[place..place + 512].fill(0x5a);
            }
        }
    }
    (expected, header)
}

fn mend(structure: &mut [u8], field: usize) {
    structure[field..field + 4].fill(0);
    let sum: u32 = structure.iter().map(|byte| u32::from(*byte)).sum();
    structure[field..field + 4].copy_from_slice(&(!sum).to_be_bytes());
}

#[test]
fn mutants_of_the_structure_are_refused_or_read() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_) = convert(folder.path(), 5_000_192, "dynamic") else { return };
    let whole = fs::read(folder.path().join("image.vhd")).unwrap();
    let mut numbers = Seeded(8);
    let mut opened = 0;
    for _ in 0..300 {
        let mut mutant = whole.clone();
        for _ in 0..=numbers.below(10) {
            let at = numbers.below(2560) as usize;
            let at = if at < 512 { whole.len() - 512 + at } else { at - 512 };
            mutant[at] = numbers.next() as u8;
        }
        if numbers.below(8) == 0 {
            mutant.truncate(numbers.below(whole.len() as u64) as usize + 1);
        }
        if let Ok(image) = beside::open_bytes("image.vhd", mutant) {
            beside::visit_head(&image.medium);
            opened += 1;
        }
    }
    assert!(opened > 100, "{opened}");
}
