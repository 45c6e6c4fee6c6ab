//! Files beside an image whose names differ in the case of their letters, and AFF4 volumes whatever their first member is.

use crate::beside;

use std::fs;
use std::path::Path;

use disk_image::{Container, ImageError};

/// Renames files of `folder`.
fn rename(folder: &Path, names: &[(&str, &str)]) {
    for (from, to) in names {
        fs::rename(folder.join(from), folder.join(to)).unwrap();
    }
}

#[test]
fn segments_of_ewf_are_found_in_any_case() {
    if !beside::have("ewfacquire") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // Noise, so that there are three segment files of a mebibyte, the smallest that can be made.
    let mut numbers = beside::Seeded(3);
    let medium: Vec<u8> = (0..320_000).flat_map(|_| numbers.next().to_le_bytes()).collect();
    fs::write(folder.path().join("medium.raw"), &medium).unwrap();
    beside::run(folder.path(), "ewfacquire -u -q -S 1048576 -t image medium.raw");
    rename(folder.path(), &[("image.E02", "image.e02"), ("image.E03", "IMAGE.E03")]);
    let image = beside::open(&folder.path().join("image.E01")).unwrap();
    let names: Vec<_> = image.segments.iter().map(|segment| segment.name.as_str()).collect();
    assert_eq!((names, image.problems), (vec!["image.E01", "image.e02", "IMAGE.E03"], vec![]));
    assert!(beside::all_bytes(&*image.medium) == medium);

    fs::copy(folder.path().join("image.e02"), folder.path().join("Image.E02")).unwrap();
    match beside::open(&folder.path().join("image.E01")).map(|_| ()) {
        Err(ImageError::Io { name, error }) => {
            assert_eq!(name, "image.E02");
            assert!(error.to_string().contains("Image.E02, image.e02"), "{error}");
        }
        other => panic!("two candidates must not be guessed between: {other:?}"),
    }
}

#[test]
fn files_of_split_raw_images_are_found_in_any_case() {
    for (first, second, third) in [
        ("Disk.001", "DISK.002", "disk.003"),
        ("disk.AA", "disk.ab", "Disk.AC"),
        ("XAA", "xab", "XAC"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for (name, byte) in [(first, 1), (second, 2), (third, 3)] {
            fs::write(folder.path().join(name), [byte; 512]).unwrap();
        }
        let image = beside::open(&folder.path().join(first)).unwrap();
        let names: Vec<_> = image.segments.iter().map(|segment| segment.name.as_str()).collect();
        assert_eq!((image.container, names), (Container::SplitRaw, vec![first, second, third]));
        assert_eq!(beside::all_bytes(&*image.medium), [[1; 512], [2; 512], [3; 512]].concat());
    }
}

#[test]
fn extents_and_parents_are_found_in_any_case() {
    if !beside::have("qemu-img") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let medium = beside::medium(3_000_320, 5);
    fs::write(folder.path().join("medium.raw"), &medium).unwrap();
    let script = "qemu-img convert -f raw -O vmdk -o subformat=twoGbMaxExtentFlat medium.raw image.vmdk && \
        qemu-img convert -f raw -O qcow2 medium.raw base.qcow2 && qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 top.qcow2";
    beside::run(folder.path(), script);
    rename(folder.path(), &[("image-f001.vmdk", "IMAGE-F001.VMDK"), ("base.qcow2", "Base.QCOW2")]);
    for (name, other) in [("image.vmdk", "IMAGE-F001.VMDK"), ("top.qcow2", "Base.QCOW2")] {
        let image = beside::open(&folder.path().join(name)).unwrap();
        assert!(image.segments.iter().any(|segment| segment.name == other), "{:?}", image.segments);
        assert!(beside::all_bytes(&*image.medium)[..medium.len()] == medium);
        assert_eq!(image.problems, []);
    }
}

/// A ZIP file by Python with these members, in this order; `None` without Python.
fn zip(folder: &Path, members: &[&str], options: &str) -> Option<Vec<u8>> {
    if !beside::have("python3") {
        return None;
    }
    let script = format!(
        "import zipfile\nz = zipfile.ZipFile('x.zip', 'w')\n{options}\nfor name in {members:?}: z.writestr(name, b'x' * 300)\nz.close()"
    );
    fs::write(folder.join("make.py"), script).unwrap();
    beside::run(folder, "python3 make.py");
    Some(fs::read(folder.join("x.zip")).unwrap())
}

#[test]
fn an_aff4_volume_is_named_wherever_its_members_are() {
    let refused =
        |bytes: Vec<u8>| beside::open_bytes("x.aff4", bytes).map(|_| ()).unwrap_err().to_string();
    if let Some(shared) = beside::shared() {
        let dream = fs::read(shared.join("faults/aff4-member-order/dream.aff4")).unwrap();
        assert!(refused(dream).contains("AFF4"));
    }
    let folder = tempfile::tempdir().unwrap();
    for (members, options) in [
        (&["a", "information.turtle"][..], ""),
        (&["a", "container.description", "b"], "z._allowZip64 = True"),
        (&["a"], "z.comment = b'aff4://5aea2dd0-32b4-4c61-a9db-677654be6f83'"),
    ] {
        let Some(bytes) = zip(folder.path(), members, options) else { return };
        assert!(refused(bytes.clone()).contains("AFF4"), "{members:?}");
        assert!(
            refused([bytes, vec![0; 100]].concat()).contains("AFF4"),
            "{members:?} with a tail"
        );
    }
    let Some(other) = zip(folder.path(), &["a", "b/information.turtle"], "") else { return };
    assert_eq!(beside::open_bytes("x.zip", other).unwrap().container, Container::Raw);
}
