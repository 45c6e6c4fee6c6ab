//! Images that other projects made, whose content independent programs agree on.

use filesystem::{Allocation, FileSystemKind};

use crate::reading::read_file;
use crate::truth::{data, rows, unpacked};

#[track_caller]
fn agrees(id: &str, parts: &[&str], kind: FileSystemKind) {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().unwrap();
    let Some(image) = unpacked(&data, id, parts, folder.path()) else { return };
    let reading = read_file(&image);
    assert_eq!(reading.fs.summary().kind, kind);
    let files = reading.files();
    let rows = rows(&data, id);
    let agreed = rows.iter().filter(|row| matches!(row.verdict.as_str(), "agree" | "ruled"));
    let mut checked = 0;
    for row in agreed.filter(|row| row.allocated) {
        let found =
            files.get(row.path.as_bytes()).unwrap_or_else(|| panic!("{} is missing", row.path));
        assert_eq!((found.size, found.bad), (row.size, 0), "{}", row.path);
        assert_eq!((&found.md5, &found.sha256), (&row.md5, &row.sha256), "{}", row.path);
        checked += 1;
    }
    assert_eq!(files.len(), checked, "the reader and the programs list equally many files");
    assert_eq!(reading.damage(), Vec::<String>::new());
    reading.assert_reconciled();
}

#[test]
fn ext2_with_holes_and_triple_indirect_blocks() {
    agrees("ext4view-test_disk_ext2.bin", &["test_disk_ext2.bin.zst"], FileSystemKind::Ext2);
}

#[test]
fn ext3_with_a_thousand_files() {
    agrees("ext4view-test_disk_ext3.bin", &["test_disk_ext3.bin.zst"], FileSystemKind::Ext3);
}

#[test]
fn ext2_of_the_sleuth_kit() {
    agrees("tsk-image.dd", &["image.dd"], FileSystemKind::Ext2);
}

#[test]
fn ext2_in_two_segments() {
    let parts = ["ext2.splitraw.000", "ext2.splitraw.001"];
    agrees("dfvfs-ext2.splitraw.000", &parts, FileSystemKind::Ext2);
}

#[test]
fn ext4_that_holds_an_encrypted_image() {
    agrees("crypt-img_fs_ext4.img", &["img_fs_ext4.img.zst"], FileSystemKind::Ext4);
}

#[test]
fn ext2_of_keramics() {
    agrees("keramics-ext2.E01", &["ext2.E01"], FileSystemKind::Ext2);
}

/// Two names whose inode number was cleared when they were deleted; The Sleuth Kit lists them too.
#[test]
fn deleted_names_without_an_inode() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().unwrap();
    let Some(image) = unpacked(&data, "tsk-image.dd", &["image.dd"], folder.path()) else { return };
    let reading = read_file(&image);
    let deleted = reading.links.iter().filter(|link| link.allocation == Allocation::Deleted);
    let names: Vec<_> = deleted.map(|link| (link.child.number, link.name.as_slice())).collect();
    let expected: [(u64, &[u8]); 2] = [(0, b".another_file.swp"), (0, b"another_file~")];
    assert_eq!(names, expected);
}
