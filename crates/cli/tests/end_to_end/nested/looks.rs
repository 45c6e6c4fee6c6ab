//! Looking into images inside an image, without a case.

use std::collections::BTreeMap;
use std::path::Path;

use super::disks::{NOTES, converted, done, ext4_of, inner_disk, ntfs_of, text};
use crate::program::{Lab, Run};

/// Images of the inner disk in many containers, in a folder of an ext4 volume: the volume's path.
fn outer_disk(lab: &Lab) -> Option<std::path::PathBuf> {
    let work = lab.beside("work");
    let source = lab.beside("source");
    std::fs::create_dir_all(&work).unwrap();
    std::fs::create_dir_all(source.join("Machines")).unwrap();
    let disk = inner_disk(&work)?;
    let machines = source.join("Machines");
    let made = converted(&disk, &["qcow2"], &machines.join("vm.qcow2"))
        && converted(
            &disk,
            &["vmdk", "-o", "subformat=twoGbMaxExtentFlat"],
            &machines.join("vm.vmdk"),
        )
        && converted(&disk, &["vpc"], &machines.join("vm.vhd"))
        && converted(&disk, &["vhdx"], &machines.join("vm.vhdx"))
        && converted(&disk, &["vdi"], &machines.join("renamed.jpg"));
    let acquired = done(
        "ewfacquire",
        &["-u", "-t", text(&machines.join("seized")), "-S", "1048576", "-c", "none", text(&disk)],
    );
    if !made || !acquired {
        return None;
    }
    std::fs::copy(&disk, machines.join("plain.bin")).unwrap();
    // A boot record alone is no disk; a file of random bytes is none.
    std::fs::write(machines.join("mbr.bin"), &std::fs::read(&disk).unwrap()[..512]).unwrap();
    std::fs::write(machines.join("notes.txt"), b"not an image").unwrap();
    let outer = lab.beside("outer.raw");
    ext4_of(&source, &outer, "64M").then_some(outer)
}

fn run(lab: &Lab, arguments: &[&str]) -> Run {
    let run = lab.run(arguments);
    assert_eq!(run.code(), 0, "{arguments:?} {}", run.all());
    run
}

#[test]
fn images_in_files_are_listed_by_content_with_all_their_files() {
    let lab = Lab::new();
    let Some(outer) = outer_disk(&lab) else { return };
    let rows = run(&lab, &["image", "list", text(&outer), "--json"]).objects();
    let found: BTreeMap<&str, &str> = rows
        .iter()
        .map(|row| (row["name"].as_str().unwrap(), row["container"].as_str().unwrap()))
        .collect();
    let wanted = [
        ("plain.bin", "raw"),
        ("renamed.jpg", "vdi"),
        ("seized.E01", "ewf"),
        ("vm.qcow2", "qcow2"),
        ("vm.vhd", "vhd"),
        ("vm.vhdx", "vhdx"),
        ("vm.vmdk", "vmdk"),
    ];
    assert_eq!(found, BTreeMap::from(wanted), "no extent, no segment, no boot record alone");
    let seized = rows.iter().find(|row| row["name"] == "seized.E01").unwrap();
    assert_eq!(seized["files"].as_array().unwrap().len(), 4, "{seized}");
    assert!(rows.iter().all(|row| row["readable"] == true));
    // Every one is looked into by its path and by its place.
    for row in &rows {
        let name = row["name"].as_str().unwrap();
        let path = format!("/Machines/{name}!/NOTES.TXT");
        let cat = run(&lab, &["image", "cat", text(&outer), &path]);
        assert_eq!(cat.bytes(), NOTES, "{name}");
        let listed = run(&lab, &["ls", row["image"].as_str().unwrap(), "--json"]).objects();
        let notes = listed.iter().find(|row| row["path"] == "/NOTES.TXT").unwrap();
        let locator = notes["locator"].as_str().unwrap();
        assert!(locator.contains("/image:@1048576:fat12:"), "{locator}");
        assert_eq!(run(&lab, &["image", "cat", text(&outer), locator]).bytes(), NOTES, "{name}");
        let stat = run(&lab, &["stat", text(&outer), locator, "--json"]).objects();
        assert_eq!(stat[0]["locator"], locator);
        assert_eq!(stat[0]["names"][0]["path"], "/NOTES.TXT");
    }
    assert!(!lab.path().exists(), "a look makes no lab");
}

#[test]
fn a_nested_medium_has_the_digest_of_the_same_image_outside() {
    let lab = Lab::new();
    let Some(outer) = outer_disk(&lab) else { return };
    let sha256 = |image: &str| {
        let verified = run(&lab, &["image", "verify", image, "--json"]).objects();
        verified[0]["sha256"].as_str().unwrap_or_else(|| panic!("{}", verified[0])).to_owned()
    };
    let raw = sha256(text(&lab.beside("work/inner.raw")));
    for name in ["plain.bin", "renamed.jpg", "seized.E01", "vm.qcow2", "vm.vhdx", "vm.vmdk"] {
        assert_eq!(sha256(&format!("{}!/Machines/{name}", text(&outer))), raw, "{name}");
    }
    // qemu rounds the disk of a VHD up to whole cylinders.
    let outside = sha256(text(&lab.beside("source/Machines/vm.vhd")));
    assert_eq!(sha256(&format!("{}!/Machines/vm.vhd", text(&outer))), outside);
}

#[test]
fn a_backing_file_lies_beside_the_image_in_the_evidence_and_never_on_the_host() {
    let lab = Lab::new();
    let work = lab.beside("work");
    let source = lab.beside("source");
    std::fs::create_dir_all(&work).unwrap();
    std::fs::create_dir_all(&source).unwrap();
    let Some(disk) = inner_disk(&work) else { return };
    let base = source.join("base.qcow2");
    let top = source.join("top.qcow2");
    let create = ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "base.qcow2", text(&top)];
    if !converted(&disk, &["qcow2"], &base) || !done("qemu-img", &create) {
        return;
    }
    let whole = lab.beside("whole.raw");
    if !ext4_of(&source, &whole, "32M") {
        return;
    }
    let cat = run(&lab, &["image", "cat", text(&whole), "/top.qcow2!/NOTES.TXT"]);
    assert_eq!(cat.bytes(), NOTES);
    let rows = run(&lab, &["image", "list", text(&whole), "--json"]).objects();
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["base.qcow2", "top.qcow2"], "the base holds what the top has written over");
    // Without its base in the evidence it is not read, though one of that name lies beside the outer image.
    std::fs::copy(&base, lab.beside("base.qcow2")).unwrap();
    std::fs::remove_file(&base).unwrap();
    let alone = lab.beside("alone.raw");
    if !ext4_of(&source, &alone, "32M") {
        return;
    }
    let refused = lab.run(&["ls", text(&alone), "/top.qcow2!/"]);
    assert_eq!(refused.code(), 1, "{}", refused.all());
    assert!(
        refused.err().contains("base.qcow2") && refused.err().contains("not beside it"),
        "{}",
        refused.all()
    );
    let listed = run(&lab, &["image", "list", text(&alone), "--json"]).objects();
    assert_eq!((&listed[0]["readable"], &listed[0]["name"]), (&false.into(), &"top.qcow2".into()));
}

#[test]
fn images_three_deep_in_ntfs_are_read_through() {
    let lab = Lab::new();
    let work = lab.beside("work");
    std::fs::create_dir_all(work.join("middle")).unwrap();
    let Some(disk) = inner_disk(&work) else { return };
    let inner = work.join("middle/inner.qcow2");
    let middle = work.join("middle.vhdx");
    let outer = lab.beside("outer.raw");
    let raw = work.join("middle.raw");
    let made = converted(&disk, &["qcow2"], &inner)
        && ext4_of(&work.join("middle"), &raw, "16M")
        && converted(&raw, &["vhdx"], &middle)
        && ntfs_of(&[&middle], &outer, 64 << 20);
    if !made {
        return;
    }
    let path = "/middle.vhdx!/inner.qcow2!/NOTES.TXT";
    assert_eq!(run(&lab, &["image", "cat", text(&outer), path]).bytes(), NOTES);
    let listed =
        run(&lab, &["ls", text(&outer), "/middle.vhdx!/inner.qcow2!/", "--json"]).objects();
    let notes = listed.iter().find(|row| row["path"] == "/NOTES.TXT").unwrap();
    let locator = notes["locator"].as_str().unwrap();
    assert!(
        locator.starts_with("@0:ntfs:") && locator.matches("/image:@").count() == 2,
        "{locator}"
    );
    assert_eq!(run(&lab, &["image", "cat", text(&outer), locator]).bytes(), NOTES);
}

#[test]
fn what_is_no_way_into_an_image_is_said_with_its_place() {
    let lab = Lab::new();
    let Some(outer) = outer_disk(&lab) else { return };
    let said = |arguments: &[&str], code: i32, words: &[&str]| {
        let run = lab.run(arguments);
        assert_eq!(run.code(), code, "{}", run.all());
        words.iter().for_each(|word| assert!(run.err().contains(word), "{word}: {}", run.all()));
    };
    let outer = text(&outer);
    said(&["stat", outer, "@0:ext4:12-0/image:@x"], 2, &["character 20"]);
    said(&["stat", outer, "/Machines/none.vmdk!/a"], 1, &["none.vmdk"]);
    said(&["ls", &format!("{outer}!/Machines/none.vmdk")], 1, &["none.vmdk"]);
    said(&["ls", outer, "/Machines/notes.txt!/"], 1, &["no file system"]);
    assert!(!Path::new("none.vmdk").exists());
}
