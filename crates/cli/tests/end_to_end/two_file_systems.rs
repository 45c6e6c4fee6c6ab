//! A partition that holds two valid file systems at once: both are found, named and read.

use std::path::Path;
use std::process::Command;

use crate::program::Lab;

/// Bytes before FAT's tables: room for a whole ext2, whose own first kilobyte is free for FAT's boot sector.
const RESERVED_BYTES: usize = 2 << 20;

fn done(program: &str, arguments: &[&str]) -> bool {
    let good =
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    if !good {
        eprintln!("skipped: {program} is not installed, or failed");
    }
    good
}

fn make(folder: &Path) -> Option<()> {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    std::fs::create_dir(folder.join("source")).unwrap();
    std::fs::write(folder.join("source/in-ext.txt"), b"of ext2").unwrap();
    std::fs::write(folder.join("IN-FAT.TXT"), b"of FAT").unwrap();
    std::fs::File::create(folder.join("image")).unwrap().set_len(32 << 20).unwrap();
    let fat = ["-F", "16", "-R", "4096", &path("image")];
    let ext = ["-q", "-F", "-t", "ext2", "-b", "1024", "-d", &path("source"), &path("ext"), "2M"];
    let copy = ["-i", &path("image"), &path("IN-FAT.TXT"), "::"];
    let made = done("mkfs.fat", &fat) && done("mke2fs", &ext) && done("mcopy", &copy);
    made.then(|| {
        let mut image = std::fs::read(path("image")).unwrap();
        let ext = std::fs::read(path("ext")).unwrap();
        image[1024..RESERVED_BYTES].copy_from_slice(&ext[1024..]);
        std::fs::write(path("image"), image).unwrap();
    })
}

#[test]
fn both_are_listed_read_and_scanned() {
    let lab = Lab::new();
    let folder = lab.beside("two");
    std::fs::create_dir(&folder).unwrap();
    let Some(()) = make(&folder) else { return };
    let image = folder.join("image");
    let name = image.to_str().unwrap();
    for (kind, file) in [("ext2", "in-ext.txt"), ("fat16", "IN-FAT.TXT")] {
        let theirs = Command::new("fls").args(["-f", kind, name]).output();
        let Ok(theirs) = theirs else { return eprintln!("skipped: fls is not installed") };
        assert!(String::from_utf8_lossy(&theirs.stdout).contains(file), "fls -f {kind}");
    }
    let volumes = lab.run(&["volumes", name, "--json"]).objects();
    let kinds: Vec<&str> = volumes
        .iter()
        .flat_map(|volume| volume["file_systems"].as_array().unwrap())
        .map(|system| system["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["ext2", "FAT16"]);
    for (path, content) in [("/in-ext.txt", b"of ext2".as_slice()), ("/IN-FAT.TXT", b"of FAT")] {
        let cat = lab.run(&["image", "cat", name, path]);
        assert_eq!((cat.code(), cat.bytes()), (0, content), "{}", cat.err());
    }
    assert_eq!(lab.scan(&image).code(), 0);
    let rows = lab.export("c");
    for (path, system) in [("/in-ext.txt", "ext2"), ("/IN-FAT.TXT", "FAT16")] {
        let row = rows.iter().find(|row| row["path"] == path).unwrap();
        assert_eq!(
            (row["file_system"].as_str(), row["disposition"].as_str()),
            (Some(system), Some("hashed"))
        );
    }
}
