//! A directory that two names lead to: its files are listed under one of them, and the other is said.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::Lab;

/// Makes an ext4 volume with the directories `/first` and `/other`, and a second name of `/first` in `/other`.
fn ext_volume(lab: &Lab) -> Option<PathBuf> {
    let image = lab.beside("ext.raw");
    std::fs::File::create(&image).unwrap().set_len(4 << 20).unwrap();
    let file = lab.write("content", b"the content of a file");
    let commands = format!(
        "mkdir first\nmkdir other\nwrite {} first/file\nlink first other/again\n",
        file.display()
    );
    let script = lab.write("script", commands.as_bytes());
    run("mke2fs", &["-q", "-F", "-t", "ext4"], &image)?;
    run("debugfs", &["-w", "-f", script.to_str().unwrap()], &image)?;
    Some(image)
}

/// Runs a program on an image; returns what it said, or `None`, told, where it is not installed.
fn run(program: &str, arguments: &[&str], image: &Path) -> Option<String> {
    let Ok(output) = Command::new(program).args(arguments).arg(image).output() else {
        eprintln!("skipped: {program} is not installed");
        return None;
    };
    Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn a_directory_of_an_ext_volume_in_two_directories_names_both() {
    let lab = Lab::new();
    let Some(image) = ext_volume(&lab) else { return };
    let Some(checked) = run("e2fsck", &["-fn"], &image) else { return };
    assert!(checked.contains("is a link to directory /first"), "{checked}");
    let scan = lab.scan(&image);
    assert_eq!(scan.code(), 3, "{}", scan.all());
    let rows = lab.export("c");
    let record = |path: &str| {
        let row = rows.iter().find(|row| row["path"] == path);
        row.and_then(|row| row["record"].as_u64()).unwrap_or_else(|| panic!("{path}: {rows:?}"))
    };
    let first = record("/first");
    let other = record("/other");
    let wanted = format!(
        "the directory of record {first} is named again, \"again\" in directory record {other}; its files are listed under \"first\" in directory record 2"
    );
    assert!(scan.out().contains(&wanted), "{}", scan.all());
    record("/first/file");
}
