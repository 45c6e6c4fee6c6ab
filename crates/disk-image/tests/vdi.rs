//! VDI images written by `qemu-img`, whole and damaged.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod beside;

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

#[test]
fn a_differencing_image_asks_for_its_parent() {
    let folder = tempfile::tempdir().unwrap();
    let Some(_) = convert(folder.path(), 3_000_320, "") else { return };
    let mut bytes = fs::read(folder.path().join("image.vdi")).unwrap();
    bytes[76] = 4;
    bytes[440..456].fill(0xab);
    match beside::open_bytes("image.vdi", bytes).map(|_| ()) {
        Err(ImageError::MissingFile { name, .. }) => assert!(name.ends_with(&"ab".repeat(16)), "{name}"),
        other => panic!("{other:?}"),
    }
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
    let (mut numbers, mut opened) = (Seeded(8), 0);
    for _ in 0..300 {
        let mut mutant = whole.clone();
        for _ in 0..=numbers.below(6) {
            let at = if numbers.below(2) == 0 { 68 + numbers.below(400) } else { 512 + numbers.below(16) };
            mutant[at as usize] = numbers.next() as u8;
        }
        if let Ok(image) = beside::open_bytes("image.vdi", mutant) {
            beside::visit_head(&image.medium);
            opened += 1;
        }
    }
    assert!(opened > 100, "{opened}");
}
