//! Descriptors that people and programs wrote in other ways than VMware: read whole, or refused with line and text.

use crate::beside;

use std::fs;
use std::path::{Path, PathBuf};

/// The shared descriptors with their extents, unpacked.
fn shared(folder: &Path) -> Option<PathBuf> {
    let from = beside::shared()?.join("faults/vmdk-extent-lines");
    if !beside::have("zstd") {
        return None;
    }
    beside::run(
        folder,
        &format!("cp {}/* . && chmod u+w * && zstd -dqf --rm *.zst", from.display()),
    );
    Some(folder.to_owned())
}

#[test]
fn tabs_are_white_space_and_no_extent_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let Some(folder) = shared(folder.path()) else { return };
    let plain = beside::sweep(&*beside::open(&folder.join("plain.vmdk")).unwrap().medium);
    assert_eq!((plain.bytes, plain.bad.len()), (16 << 20, 0));
    for name in ["tab1.vmdk", "tab2.vmdk"] {
        let image = beside::open(&folder.join(name)).unwrap();
        let sweep = beside::sweep(&*image.medium);
        assert_eq!(
            (sweep.bytes, sweep.md5.as_str(), sweep.bad.len()),
            (16 << 20, plain.md5.as_str(), 0),
            "{name}"
        );
        assert_eq!((image.problems, image.stated_bytes), (vec![], Some(16 << 20)));
        if beside::have("qemu-img") {
            beside::run(&folder, &format!("qemu-img convert -f vmdk -O raw {name} expected"));
            let expected = beside::open(&folder.join("expected")).unwrap();
            assert_eq!(beside::sweep(&*expected.medium).md5, sweep.md5);
        }
    }
}

#[test]
fn a_line_that_is_not_understood_ends_the_opening_with_its_number_and_text() {
    let folder = tempfile::tempdir().unwrap();
    let Some(folder) = shared(folder.path()) else { return };
    for (name, number, line) in [
        ("badnum.vmdk", 9, r#"RW 18432x FLAT "d-f002.vmdk" 0"#),
        ("lower1.vmdk", 9, r#"rw 18432 FLAT "d-f002.vmdk" 0"#),
    ] {
        let text = beside::open(&folder.join(name)).map(|_| ()).unwrap_err().to_string();
        assert!(
            text.contains(&format!("line {number} ")) && text.contains(&format!("{line:?}")),
            "{text}"
        );
    }
}

#[test]
fn unknown_keys_and_kinds_of_extents_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = "# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\nmystery.key=\"x\"\nRW 8 FLAT \"a\" 0\nRW 8 VMFSRDM \"a\"\n";
    fs::write(folder.path().join("x.vmdk"), text).unwrap();
    fs::write(folder.path().join("a"), [1; 4096]).unwrap();
    let image = beside::open(&folder.path().join("x.vmdk")).unwrap();
    let said: Vec<_> = image.problems.iter().map(ToString::to_string).collect();
    assert!(said[0].contains("\"mystery.key\" is not known"), "{said:?}");
    assert!(said[1].contains("line 7 ") && said[1].contains("VMFSRDM"), "{said:?}");
    assert_eq!((said.len(), beside::sweep(&*image.medium).bad.len()), (2, 1));
}
