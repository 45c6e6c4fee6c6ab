//! VDI images written by `qemu-img`, whole and damaged.

use crate::beside;

use std::fs;
use std::path::Path;

use beside::Seeded;
use byte_source::BadReason;
use disk_image::{Container, ImageError};

fn convert(folder: &Path, bytes: usize, options: &str) -> Option<Vec<u8>> {
    if !beside::have("qemu-img") {
        return None;
    }
    let mut medium = beside::medium(bytes, 19);
    medium[1 << 20..2 << 20].fill(0);
    fs::write(folder.join("medium.raw"), &medium).unwrap();
    beside::run(folder, &format!("qemu-img convert -f raw -O vdi {options} medium.raw image.vdi"));
    Some(medium)
}

#[test]
fn dynamic_and_fixed_images_give_the_medium_back() {
    for options in ["", "-o static=on"] {
        let folder = tempfile::tempdir().unwrap();
        let Some(medium) = convert(folder.path(), 9_000_448, options) else { return };
        for positioned in [false, true] {
            let image = beside::open_by(&folder.path().join("image.vdi"), positioned).unwrap();
            assert_eq!(image.container, Container::Vdi);
            assert!(beside::all_bytes(&*image.medium) == medium, "{options}");
            assert_eq!(image.problems, []);
        }
    }
}

/// Makes `child.vdi` of `base.vdi` after the layout of `VDICore.h`: block 0 is its own, block 1 zero, the others are the parent's.
/// No other program at hand writes or reads such images. Gives the medium of the child.
fn differencing(folder: &Path) -> Option<Vec<u8>> {
    let mut medium = convert(folder, 5_000_192, "")?;
    let base = fs::read(folder.join("image.vdi")).unwrap();
    fs::rename(folder.join("image.vdi"), folder.join("base.vdi")).unwrap();
    let number = |at: usize| u32::from_le_bytes(base[at..at + 4].try_into().unwrap()) as usize;
    let map = number(340);
    let data = number(344);
    let blocks = number(384);
    let mut child = base[..data].to_vec();
    child[76] = 4;
    child[392..408].fill(0xc1);
    child[408..424].fill(0xc2);
    child[424..440].copy_from_slice(&base[392..408]);
    child[440..456].copy_from_slice(&base[408..424]);
    child[388..392].copy_from_slice(&1_u32.to_le_bytes());
    for (block, entry) in
        [0, 0xffff_fffe].into_iter().chain([u32::MAX; 64]).take(blocks).enumerate()
    {
        child[map + 4 * block..][..4].copy_from_slice(&entry.to_le_bytes());
    }
    child.resize(data + (1 << 20), 0x77);
    fs::write(folder.join("child.vdi"), child).unwrap();
    medium[..1 << 20].fill(0x77);
    medium[1 << 20..2 << 20].fill(0);
    Some(medium)
}

#[test]
fn a_differencing_image_reads_through_to_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let Some(medium) = differencing(folder.path()) else { return };
    for name in ["base.vdi", "another name.VDI"] {
        let path = folder.path().join("child.vdi");
        if !folder.path().join(name).exists() {
            fs::rename(folder.path().join("base.vdi"), folder.path().join(name)).unwrap();
        }
        let image = beside::open(&path).unwrap();
        assert_eq!(image.problems, []);
        assert!(beside::all_bytes(&*image.medium) == medium, "{name}");
        assert_eq!(image.segments.len(), 2);
    }
}

#[test]
fn a_parent_that_was_changed_since_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_) = differencing(folder.path()) else { return };
    let mut base = fs::read(folder.path().join("base.vdi")).unwrap();
    base[408] ^= 1;
    fs::write(folder.path().join("base.vdi"), base).unwrap();
    let image = beside::open(&folder.path().join("child.vdi")).unwrap();
    assert!(
        matches!(image.problems[..], [ref one] if one.severity == byte_source::Severity::Damage)
    );
}

#[test]
fn a_differencing_image_without_its_parent_is_refused_with_the_parents_uuid() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_) = differencing(folder.path()) else { return };
    let mut child = fs::read(folder.path().join("child.vdi")).unwrap();
    child[424..440].fill(0xab);
    fs::write(folder.path().join("child.vdi"), &child).unwrap();
    match beside::open(&folder.path().join("child.vdi")).map(|_| ()) {
        Err(ImageError::MissingFile { name, .. }) => {
            assert!(name.ends_with("abababab-abab-abab-abab-abababababab"), "{name}");
        }
        other => panic!("{other:?}"),
    }
    // Its own parent: ends, and is refused.
    child.copy_within(392..408, 424);
    fs::write(folder.path().join("child.vdi"), &child).unwrap();
    assert!(beside::open(&folder.path().join("child.vdi")).is_err());
}

#[test]
fn a_truncated_image_is_bad_where_it_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let Some(medium) = convert(folder.path(), 9_000_448, "") else { return };
    let mut bytes = fs::read(folder.path().join("image.vdi")).unwrap();
    bytes.truncate(bytes.len() - 3_000_000);
    let sweep = beside::sweep(&*beside::open_bytes("image.vdi", bytes).unwrap().medium);
    assert_eq!(sweep.bytes, medium.len() as u64);
    assert!(!sweep.bad.is_empty() && sweep.bad.iter().all(|bad| bad.2 == BadReason::BeyondEnd));
}

#[test]
fn mutants_of_the_structure_are_refused_or_read() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_) = convert(folder.path(), 3_000_320, "") else { return };
    let whole = fs::read(folder.path().join("image.vdi")).unwrap();
    let mut numbers = Seeded(8);
    let mut opened = 0;
    for _ in 0..300 {
        let mut mutant = whole.clone();
        for _ in 0..=numbers.below(6) {
            let at = if numbers.below(2) == 0 {
                68 + numbers.below(400)
            } else {
                512 + numbers.below(16)
            };
            mutant[at as usize] = numbers.next() as u8;
        }
        if let Ok(image) = beside::open_bytes("image.vdi", mutant) {
            beside::visit_head(&image.medium);
            opened += 1;
        }
    }
    assert!(opened > 100, "{opened}");
}
