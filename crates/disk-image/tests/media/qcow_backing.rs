//! Backing images named by `json:` and by addresses: what QEMU resolves to a file beside the image is read, the rest named as what it is.

use crate::beside;

use std::fs;
use std::path::Path;

use disk_image::ImageError;

/// Makes `top.qcow2` over what `name` names, with its first cluster written. False without the programs.
fn over(folder: &Path, name: &str, format: &str) -> bool {
    if !beside::have("qemu-img") || !beside::have("qemu-io") {
        return false;
    }
    fs::write(folder.join("base.raw"), beside::medium(3_000_320, 5)).unwrap();
    fs::write(folder.join("name"), name).unwrap();
    let script = format!(
        "qemu-img convert -f raw -O qcow2 base.raw base.qcow2 && qemu-img create -q -f qcow2 top.qcow2 3000320 && \
         qemu-img rebase -u -f qcow2 -b \"$(cat name)\" {format} top.qcow2 && \
         qemu-io -f raw -c 'read 0 1' base.raw >&2"
    );
    beside::run(folder, &script);
    true
}

#[test]
fn json_names_of_local_files_are_read_as_qemu_reads_them() {
    for (name, format) in [
        (r#"json:{"driver":"raw","file":{"driver":"file","filename":"base.raw"}}"#, "-F raw"),
        (r#"json:{"driver":"qcow2","file.filename":"base.qcow2"}"#, "-F qcow2"),
        (r#"json:{"file":{"driver":"file","filename":"base.raw","locking":"off"}}"#, "-F raw"),
        ("file:base.raw", "-F raw"),
        ("base.raw", "-F raw"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        if !over(folder.path(), name, format) {
            return;
        }
        beside::run(folder.path(), "qemu-img convert -f qcow2 -O raw top.qcow2 expected");
        let image = beside::open(&folder.path().join("top.qcow2")).unwrap();
        assert!(
            beside::all_bytes(&*image.medium) == fs::read(folder.path().join("expected")).unwrap(),
            "{name}"
        );
        assert_eq!((image.segments.len(), image.problems), (2, vec![]), "{name}");
    }
}

#[test]
fn a_backing_image_that_is_no_file_beside_it_is_named_as_what_it_is() {
    for (name, word) in [
        ("nbd:127.0.0.1:10809:exportname=base.raw", "a network block device"),
        ("nbd://host/base.raw", "a network block device"),
        (r#"json:{"driver":"nbd","host":"h","port":"1"}"#, "a network block device"),
        (
            r#"json:{"driver":"raw","offset":"512","file":{"driver":"file","filename":"base.raw"}}"#,
            "\"offset\"",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        if !over(folder.path(), name, "-F raw") {
            return;
        }
        // A file of the same last name lies beside it: it must not be taken for the device.
        match beside::open(&folder.path().join("top.qcow2")).map(|_| ()) {
            Err(error @ ImageError::ParentNotRead { .. }) => {
                let text = error.to_string();
                assert!(text.contains(word) && text.contains("qemu-img rebase"), "{name}: {text}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn the_shared_image_names_the_file_and_reads_over_it() {
    let Some(shared) = beside::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().join("js.qcow2");
    fs::copy(shared.join("faults/qcow2-json-backing/js.qcow2"), &top).unwrap();
    match beside::open(&top).map(|_| ()) {
        Err(ImageError::MissingFile { name, .. }) => assert_eq!(name, "base.raw"),
        other => panic!("{other:?}"),
    }
    fs::write(folder.path().join("base.raw"), vec![9; 16 << 20]).unwrap();
    let image = beside::open(&top).unwrap();
    assert_eq!((image.medium.len(), image.problems), (16 << 20, vec![]));
}

#[test]
fn a_backing_image_of_another_format_than_is_said_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    if !over(folder.path(), "base.raw", "-F qcow2") {
        return;
    }
    let image = beside::open(&folder.path().join("top.qcow2")).unwrap();
    assert!(
        image.problems.iter().any(|one| one.to_string().contains("not of the format")),
        "{:?}",
        image.problems
    );
}
