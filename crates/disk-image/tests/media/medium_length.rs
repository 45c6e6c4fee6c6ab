//! Media whose headers state a length that their files cannot bear: read within a limit that is said, never for centuries.

use crate::beside;

use std::fs;
use std::path::Path;

use byte_source::{Scratch, read_vec};
use disk_image::OpenedImage;

const TIB: u64 = 1 << 40;

/// Asserts that the medium is cut to what its files hold and 1 TiB, that the length that the container states is kept, and that both are said.
fn assert_cut(image: &OpenedImage, stated: u64) {
    let stored: u64 = image.segments.iter().map(|segment| segment.bytes).sum();
    assert_eq!((image.medium.len(), image.stated_bytes), (stored + TIB, Some(stated)));
    let said: Vec<String> = image.problems.iter().map(ToString::to_string).collect();
    let expected = format!("length of the medium in bytes is {stated}");
    assert!(said.iter().any(|problem| problem.contains(&expected)), "{said:?}");
}

fn read(image: &OpenedImage, bytes: u64) -> Vec<u8> {
    read_vec(&*image.medium, 0, bytes, &mut Scratch::new()).unwrap()
}

fn open_descriptor(folder: &Path, lines: &str) -> OpenedImage {
    let text = format!("# Disk DescriptorFile\nversion=1\ncreateType=\"custom\"\n{lines}");
    fs::write(folder.join("a.bin"), vec![7; 512]).unwrap();
    fs::write(folder.join("disk.vmdk"), text).unwrap();
    beside::open(&folder.join("disk.vmdk")).unwrap()
}

#[test]
fn a_line_of_text_does_not_make_a_medium_of_exabytes() {
    let folder = tempfile::tempdir().unwrap();
    let flat = open_descriptor(folder.path(), "RW 18014398509481984 FLAT \"a.bin\" 0\n");
    assert_cut(&flat, 1 << 63);
    let zero = open_descriptor(folder.path(), "RW 1 FLAT \"a.bin\" 0\nRW 18014398509481983 ZERO\n");
    assert_cut(&zero, 1 << 63);
    assert_eq!(read(&zero, 512), vec![7; 512]);
}

#[test]
fn a_damaged_size_field_costs_no_stored_byte_and_no_night() {
    for (format, at, big_endian) in [("qcow2", 24, true), ("vdi", 0x170, false)] {
        let folder = tempfile::tempdir().unwrap();
        if !beside::have("qemu-img") {
            return;
        }
        let medium = beside::medium(1 << 20, 5);
        fs::write(folder.path().join("medium.raw"), &medium).unwrap();
        beside::run(
            folder.path(),
            &format!("qemu-img convert -f raw -O {format} medium.raw image"),
        );
        let path = folder.path().join("image");
        let mut bytes = fs::read(&path).unwrap();
        let size = 1_u64 << 60;
        let field = if big_endian { size.to_be_bytes() } else { size.to_le_bytes() };
        bytes[at..at + 8].copy_from_slice(&field);
        fs::write(&path, bytes).unwrap();
        let image = beside::open(&path).unwrap();
        assert_cut(&image, size);
        assert!(read(&image, 1 << 20) == medium, "{format}");
    }
}

#[test]
fn the_largest_legal_sparse_disk_keeps_its_length() {
    let folder = tempfile::tempdir().unwrap();
    if !beside::have("qemu-img") {
        return;
    }
    beside::run(folder.path(), "qemu-img create -q -f vhdx image 64T");
    let image = beside::open(&folder.path().join("image")).unwrap();
    assert_eq!((image.medium.len(), image.problems), (64 * TIB, vec![]));
}
