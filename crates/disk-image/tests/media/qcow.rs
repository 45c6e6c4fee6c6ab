//! qcow and qcow2 images written by `qemu-img`, whole, layered and damaged.

use crate::beside;

use std::fs;
use std::path::Path;

use beside::Seeded;
use byte_source::{BadReason, Scratch};
use disk_image::{Container, ImageError};

/// Writes `medium` and converts it with these options of `qemu-img convert`; false without the program.
fn convert(folder: &Path, medium: &[u8], options: &str) -> bool {
    if !beside::have("qemu-img") {
        return false;
    }
    fs::write(folder.join("medium.raw"), medium).unwrap();
    let convert = format!("qemu-img convert -f raw {options} medium.raw image");
    // QEMU 10.0 writes sound compressed qcow images and fails all the same.
    beside::run(
        folder,
        &format!("{convert} || qemu-img compare -q -f raw -F qcow medium.raw image"),
    );
    true
}

#[test]
fn every_version_cluster_size_and_compression_gives_the_medium_back() {
    for options in [
        "-O qcow",
        "-O qcow -c",
        "-O qcow2 -o compat=0.10",
        "-O qcow2 -o compat=0.10 -c",
        "-O qcow2 -o cluster_size=512",
        "-O qcow2 -o cluster_size=2M -c",
        "-O qcow2 -o compression_type=zstd -c",
        "-O qcow2 -o compression_type=zstd,cluster_size=4k -c",
        "-O qcow2 -o extended_l2=on,cluster_size=128k",
        "-O qcow2 -o extended_l2=on,cluster_size=128k -c",
        "-O qcow2 -o preallocation=metadata",
        "-O qcow2 -o data_file=image.data",
        "-O qcow2 -o data_file=image.data,data_file_raw=on",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut medium = beside::medium(5_000_192, 21);
        medium[1_000_000..3_500_000].fill(0);
        if !convert(folder.path(), &medium, options) {
            return;
        }
        for positioned in [false, true] {
            let image = beside::open_by(&folder.path().join("image"), positioned).unwrap();
            assert!(beside::all_bytes(&*image.medium) == medium, "{options}");
            assert_eq!(image.problems, [], "{options}");
            let expected =
                if options.starts_with("-O qcow2") { Container::Qcow2 } else { Container::Qcow };
            assert_eq!(image.container, expected);
        }
    }
}

/// Writes at odd places of a chain of three images, subclusters included, as `qemu-io` sees it.
#[test]
fn a_chain_of_images_reads_through_to_the_first() {
    if !beside::have("qemu-io") || !beside::have("qemu-img") {
        return;
    }
    for options in ["-f qcow2", "-f qcow2 -o extended_l2=on", "-f qcow"] {
        let folder = tempfile::tempdir().unwrap();
        let format = options.split(' ').nth(1).unwrap();
        fs::write(folder.path().join("base"), beside::medium(3_000_320, 5)).unwrap();
        let script = format!(
            "qemu-img create -q {options} -b base -F raw middle && qemu-io -f {format} -c 'write -P 7 100k 300k' -c 'write -P 9 1M 512' middle >&2 \
             && qemu-img create -q {options} -b middle -F {format} image 4M && qemu-io -f {format} -c 'write -P 1 350k 3k' -c 'write -P 2 3500k 1k' image >&2 \
             && qemu-img convert -f {format} -O raw image expected"
        );
        beside::run(folder.path(), &script);
        if format == "qcow2" {
            beside::run(
                folder.path(),
                "qemu-io -f qcow2 -c 'write -z 200k 128k' -c 'discard 2M 64k' image >&2 && qemu-img convert -f qcow2 -O raw image expected",
            );
        }
        let image = beside::open(&folder.path().join("image")).unwrap();
        let expected = fs::read(folder.path().join("expected")).unwrap();
        assert!(beside::all_bytes(&*image.medium) == expected, "{options}");
        assert_eq!(image.segments.len(), 3);

        fs::remove_file(folder.path().join("base")).unwrap();
        match beside::open(&folder.path().join("image")).map(|_| ()) {
            Err(ImageError::MissingFile { name, .. }) => assert_eq!(name, "base"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_backing_file_that_is_raw_by_its_child_is_not_probed() {
    let folder = tempfile::tempdir().unwrap();
    if !convert(folder.path(), &beside::medium(300_032, 1), "-O qcow2") {
        return;
    }
    beside::run(
        folder.path(),
        "truncate -s %512 image && qemu-img create -q -f qcow2 -b image -F raw top",
    );
    let image = beside::open(&folder.path().join("top")).unwrap();
    assert!(beside::all_bytes(&*image.medium) == fs::read(folder.path().join("image")).unwrap());
}

#[test]
fn an_image_that_is_its_own_parent_ends() {
    let folder = tempfile::tempdir().unwrap();
    if !convert(folder.path(), &beside::medium(300_032, 1), "-O qcow2") {
        return;
    }
    beside::run(folder.path(), "qemu-img create -q -f qcow2 -b image -F qcow2 top && mv top image");
    assert!(matches!(beside::open(&folder.path().join("image")), Err(ImageError::Problem(_))));
}

#[test]
fn encryption_is_said_and_not_read_as_data() {
    let folder = tempfile::tempdir().unwrap();
    if !beside::have("qemu-img") {
        return;
    }
    let make = "qemu-img create -q --object secret,id=s,data=abc -f qcow2 -o encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10 image 1M";
    beside::run(folder.path(), make);
    let Err(error) = beside::open(&folder.path().join("image")).map(|_| ()) else {
        panic!("opened")
    };
    assert!(error.to_string().contains("encryption"), "{error}");
}

#[test]
fn a_truncated_image_is_bad_where_it_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let medium = beside::medium(5_000_192, 21);
    if !convert(folder.path(), &medium, "-O qcow2") {
        return;
    }
    let path = folder.path().join("image");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 2_000_000]).unwrap();
    let image = beside::open(&path).unwrap();
    let sweep = beside::sweep(&*image.medium);
    assert!(
        !sweep.bad.is_empty() && sweep.bad.iter().all(|bad| bad.2 == BadReason::BeyondEnd),
        "{:?}",
        sweep.bad
    );
    let head = byte_source::read_vec(&*image.medium, 0, 1_000_000, &mut Scratch::new()).unwrap();
    assert!(head == medium[..1_000_000]);
}

#[test]
fn mutants_of_the_structure_are_refused_or_read() {
    for options in ["-O qcow2 -c", "-O qcow2", "-O qcow -c"] {
        let folder = tempfile::tempdir().unwrap();
        if !convert(folder.path(), &beside::medium(700_416, 3), options) {
            return;
        }
        let whole = fs::read(folder.path().join("image")).unwrap();
        let mut numbers = Seeded(8);
        let mut opened = 0;
        for _ in 0..300 {
            let mut mutant = whole.clone();
            for _ in 0..=numbers.below(10) {
                let end = if numbers.below(2) == 0 { 112 } else { whole.len() as u64 };
                mutant[numbers.below(end) as usize] = numbers.next() as u8;
            }
            if numbers.below(8) == 0 {
                mutant.truncate(numbers.below(whole.len() as u64) as usize + 1);
            }
            if let Ok(image) = beside::open_bytes("image", mutant) {
                beside::visit_head(&image.medium);
                opened += 1;
            }
        }
        assert!(opened > 20, "{opened}");
    }
}
