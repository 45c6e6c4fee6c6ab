//! Container files to which bytes were appended: the container is named, its medium is whole, and what is behind it is said.

use crate::beside;

use std::fs;
use std::path::{Path, PathBuf};

use byte_source::{ProblemKind, Severity};
use disk_image::{Container, OpenedImage};

/// The folder `name` of the shared faults, each file unpacked into a scratch folder.
fn faults(name: &str) -> Option<(tempfile::TempDir, PathBuf)> {
    let shared = beside::shared()?.join("faults").join(name);
    if !shared.is_dir() || !beside::have("zstd") {
        eprintln!("skipped: no {}", shared.display());
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    beside::run(
        &path,
        &format!(
            "cp {0}/* . && chmod u+w * && zstd -dqf --rm *.zst 2>/dev/null || true",
            shared.display()
        ),
    );
    Some((folder, path))
}

/// What is said to be behind the container: bytes, all zero.
fn behind(image: &OpenedImage) -> Vec<(u64, bool)> {
    let said = image.problems.iter().filter(|problem| problem.severity == Severity::Note);
    said.filter_map(|problem| match problem.kind {
        ProblemKind::Trailing { bytes, zero } => Some((bytes, zero)),
        _ => None,
    })
    .collect()
}

#[test]
fn shared_images_with_a_tail_are_named_and_read_as_qemu_does() {
    let Some((_one, dmg)) = faults("dmg-trailing") else { return };
    let Some((_two, vhd)) = faults("vhd-trailing") else { return };
    let cases = [
        (dmg.join("tail1.dmg"), Container::Dmg, (1, false)),
        (dmg.join("tail.dmg"), Container::Dmg, (3000, true)),
        (vhd.join("fix_tail.vhd"), Container::Vhd, (1, false)),
        (vhd.join("fix_pad.vhd"), Container::Vhd, (4096, true)),
    ];
    let mut media = Vec::new();
    for (path, container, tail) in cases {
        let image = beside::open(&path).unwrap();
        assert_eq!(
            (image.container, behind(&image)),
            (container, vec![tail]),
            "{}",
            path.display()
        );
        assert_eq!(image.problems.len(), 1, "{:?}", image.problems);
        media.push(beside::sweep(&*image.medium).md5);
    }
    assert!(media[0] == media[1] && media[2] == media[3], "the same medium with either tail");
    if beside::have("qemu-img") {
        beside::run(&dmg, "qemu-img convert -f dmg -O raw tail1.dmg expected");
        let expected = beside::open(&dmg.join("expected")).unwrap();
        assert_eq!(beside::sweep(&*expected.medium).md5, media[0]);
    }
}

/// Appends `tail` to the image that `qemu-img` made with `options`; what is said then. `None` without the program.
fn appended(folder: &Path, options: &str, tail: &[u8]) -> Option<(OpenedImage, Vec<u8>)> {
    if !beside::have("qemu-img") {
        return None;
    }
    let medium = beside::medium(9_000_448, 5);
    fs::write(folder.join("medium.raw"), &medium).unwrap();
    beside::run(folder, &format!("qemu-img convert -f raw {options} medium.raw image"));
    let path = folder.join("image");
    assert_eq!(behind(&beside::open(&path).unwrap()), [], "{options}: nothing is behind it yet");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(tail);
    fs::write(&path, bytes).unwrap();
    Some((beside::open(&path).unwrap(), medium))
}

#[test]
fn every_format_with_a_footer_or_a_fixed_length_finds_it_before_a_tail() {
    for (options, container) in [
        ("-O vpc -o force_size=on,subformat=fixed", Container::Vhd),
        ("-O vpc -o force_size=on,subformat=dynamic", Container::Vhd),
        ("-O vhdx", Container::Vhdx),
    ] {
        for tail in [&b"\n"[..], &[0; 70_000], &[7; 4096]] {
            let folder = tempfile::tempdir().unwrap();
            let Some((image, medium)) = appended(folder.path(), options, tail) else { return };
            assert_eq!(image.container, container, "{options}");
            let zero = tail.iter().all(|byte| *byte == 0);
            assert_eq!(behind(&image), [(tail.len() as u64, zero)], "{options}");
            assert!(
                image.problems.iter().all(|one| one.severity == Severity::Note),
                "{:?}",
                image.problems
            );
            assert!(beside::all_bytes(&*image.medium)[..medium.len()] == medium, "{options}");
        }
    }
}

/// VMware writes where the grain directory is into a footer only; QEMU writes it into the header, so the footer is made from that.
#[test]
fn the_footer_of_a_stream_optimised_image_is_found_before_a_tail() {
    if !beside::have("qemu-img") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let medium = beside::medium(9_000_448, 5);
    fs::write(folder.path().join("medium.raw"), &medium).unwrap();
    beside::run(
        folder.path(),
        "qemu-img convert -f raw -O vmdk -o subformat=streamOptimized medium.raw image",
    );
    let mut bytes = fs::read(folder.path().join("image")).unwrap();
    let footer = bytes[..512].to_vec();
    bytes[56..64].fill(0xff);
    bytes.extend([footer, vec![0; 512]].concat());
    assert_eq!(beside::open_bytes("x.vmdk", bytes.clone()).unwrap().problems, []);
    for tail in [&b"\n"[..], &[0; 70_000]] {
        let image = beside::open_bytes("x.vmdk", [bytes.as_slice(), tail].concat()).unwrap();
        assert_eq!(behind(&image), [(tail.len() as u64, tail[0] == 0)]);
        assert_eq!(image.problems.len(), 1);
        assert!(beside::all_bytes(&*image.medium)[..medium.len()] == medium);
    }
}

#[test]
fn what_is_behind_the_last_section_of_an_ewf_image_is_said() {
    if !beside::have("ewfacquire") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("medium.raw"), beside::medium(1_000_448, 5)).unwrap();
    beside::run(folder.path(), "ewfacquire -u -q -t image medium.raw");
    let path = folder.path().join("image.E01");
    assert_eq!(beside::open(&path).unwrap().problems, []);
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(b"hidden");
    fs::write(&path, bytes).unwrap();
    assert_eq!(behind(&beside::open(&path).unwrap()), [(6, false)]);
}

/// A disk is a disk, whatever lies at its end: the offsets of a container inside it do not fit the file.
#[test]
fn a_disk_that_ends_with_a_container_is_raw() {
    let mut inner = vec![("disk", Vec::new())];
    if let Some((_folder, dmg)) = faults("dmg-trailing") {
        inner.push(("dmg", fs::read(dmg.join("tail.dmg")).unwrap()));
    }
    if let Some((_folder, vhd)) = faults("vhd-trailing") {
        inner.push(("vhd", fs::read(vhd.join("fix_pad.vhd")).unwrap()));
    }
    if let Some((_folder, aff4)) = faults("aff4-member-order") {
        inner.push(("aff4", fs::read(aff4.join("dream.aff4")).unwrap()));
    }
    for (name, bytes) in inner {
        let disk = [vec![0x33; 512], bytes, vec![0; 512]].concat();
        let image = beside::open_bytes("disk.dd", disk).unwrap();
        assert_eq!((image.container, image.problems), (Container::Raw, Vec::new()), "{name}");
    }
}

#[test]
fn only_containers_state_the_length_of_a_medium() {
    assert_eq!(beside::open_bytes("disk.dd", vec![1; 4096]).unwrap().stated_bytes, None);
    let folder = tempfile::tempdir().unwrap();
    if let Some((image, _)) =
        appended(folder.path(), "-O vpc -o force_size=on,subformat=fixed", b"x")
    {
        assert_eq!(image.stated_bytes, Some(image.medium.len()));
    }
}
