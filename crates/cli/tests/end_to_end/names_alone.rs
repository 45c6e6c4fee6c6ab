//! Names that no record stands behind. A live name is never called deleted, and never listed a second time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::program::Lab;
use crate::shared_data::folder;

/// Rows of names alone, and how often each path is in the rows.
fn alone_and_counts(rows: &[Value]) -> (Vec<String>, BTreeMap<String, usize>) {
    let path = |row: &Value| row["path"].as_str().unwrap().to_owned();
    let is_alone = |row: &&Value| row["rule"].as_str().is_some_and(|rule| rule.contains("alone"));
    let mut counts = BTreeMap::new();
    for row in rows.iter().filter(|row| row["stream"] != "slack") {
        *counts.entry(path(row)).or_insert(0) += 1;
    }
    (rows.iter().filter(is_alone).map(path).collect(), counts)
}

fn done(program: &str, arguments: &[&str]) -> Option<()> {
    let good =
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    if !good {
        eprintln!("skipped: {program} is not installed, or failed");
    }
    good.then_some(())
}

/// An ext2 image with a file of forty names, and the commands of `debugfs` carried out on it.
fn forty_links(folder: &Path, commands: &str) -> Option<PathBuf> {
    let source = folder.join("source");
    std::fs::create_dir_all(source.join("d")).unwrap();
    std::fs::write(source.join("d/link-00"), b"content").unwrap();
    for number in 1..40 {
        std::fs::hard_link(source.join("d/link-00"), source.join(format!("d/link-{number:02}")))
            .unwrap();
    }
    let image = folder.join("image");
    let script = folder.join("commands");
    std::fs::write(&script, commands).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let options =
        ["-q", "-F", "-t", "ext2", "-b", "1024", "-d", &text(&source), &text(&image), "2M"];
    done("mke2fs", &options)?;
    done("debugfs", &["-w", "-f", &text(&script), &text(&image)])?;
    Some(image)
}

#[test]
fn one_deleted_link_of_forty_is_one_row() {
    let lab = Lab::new();
    let Some(image) = forty_links(&lab.beside("image"), "unlink d/link-07\n") else { return };
    lab.scan(&image);
    let rows = lab.export("c");
    let (alone, counts) = alone_and_counts(&rows);
    assert_eq!(alone, ["/d/link-07"]);
    for number in 0..40 {
        assert_eq!(counts.get(&format!("/d/link-{number:02}")), Some(&1), "link {number}");
    }
    let found = lab.run(&["find", "c", "--json", "--name", "link-*"]).objects();
    assert_eq!(found.len(), 40);
    let deleted = lab.run(&["find", "c", "--json", "--deleted", "--name", "link-*"]).objects();
    assert_eq!(deleted.len(), 1, "{deleted:?}");
}

/// The inode of a live name is zeroed: the name is in use, and its file is lost.
#[test]
fn a_live_name_without_its_record_is_damage_and_not_deleted() {
    let lab = Lab::new();
    let Some(image) = forty_links(
        &lab.beside("image"),
        "mkdir e\nlink d/link-00 e/one\nfreei d/link-00\nclri d/link-00\n",
    ) else {
        return;
    };
    let scan = lab.scan(&image);
    assert_eq!(scan.code(), 3, "{}", scan.all());
    assert!(
        scan.all().contains("is in use, but the record that it names is not there"),
        "{}",
        scan.all()
    );
    let rows = lab.export("c");
    let one = rows.iter().find(|row| row["path"] == "/e/one").unwrap();
    assert_eq!(
        (&one["allocated"], &one["disposition"]),
        (&Value::Bool(true), &Value::from("skipped"))
    );
    assert!(one["rule"].as_str().unwrap().starts_with("name in use alone"), "{one}");
    let text = image.to_str().unwrap();
    let listed = lab.run(&["ls", "-r", "--json", text]).objects();
    let one =
        listed.iter().find(|row| row["path"] == "/e/one").expect("ls shows it without --deleted");
    assert_eq!(one["name_only"], true);
    let check = Command::new("e2fsck").args(["-fn", text]).output();
    let Ok(check) = check else { return eprintln!("skipped: e2fsck is not installed") };
    let said = String::from_utf8_lossy(&check.stdout);
    assert!(said.contains("deleted/unused inode"), "{said}");
}

#[test]
fn a_renamed_hard_link_of_ntfs_is_live_once() {
    let Some(shared) = folder() else { return };
    let lab = Lab::new();
    let image = lab.beside("image.raw");
    let from = shared.join("data/faults/ntfs-live-name-called-deleted/image.raw.zst");
    if !from.is_file() {
        return eprintln!("skipped: no input at {}", from.display());
    }
    let from = from.to_str().unwrap();
    let to = image.to_str().unwrap();
    let Some(()) = done("zstd", &["-dqf", from, "-o", to]) else { return };
    assert_eq!(lab.scan(&image).code(), 0);
    let rows = lab.export("c");
    let (alone, counts) = alone_and_counts(&rows);
    assert_eq!(alone, ["/f120"], "the name that it had before");
    assert_eq!((counts.get("/d/moved.txt"), counts.get("/d/second")), (Some(&1), Some(&1)));
    let moved = lab.run(&["find", "c", "--json", "--name", "moved.txt"]).objects();
    assert_eq!(moved.len(), 1, "{moved:?}");
    assert_eq!(moved[0]["allocated"], true);
}
