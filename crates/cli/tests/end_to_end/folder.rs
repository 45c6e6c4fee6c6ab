//! Plain folders as evidence.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::program::{Lab, row};

#[test]
fn every_file_of_a_folder_agrees_with_sha256sum_and_links_are_not_followed() {
    let lab = Lab::new();
    let folder = lab.beside("photos");
    std::fs::create_dir_all(folder.join("été/صور")).unwrap();
    std::fs::write(folder.join("été/صور/a.jpg"), [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]).unwrap();
    std::fs::write(folder.join("empty"), b"").unwrap();
    std::fs::write(folder.join(std::ffi::OsStr::from_bytes(b"bad\xffname")), vec![7; 300_000])
        .unwrap();
    symlink("/etc/passwd", folder.join("link")).unwrap();
    let scan = lab.scan(&folder);
    assert_eq!(scan.code(), 0, "{}", scan.all());
    let rows = lab.export("c");
    let sums = Command::new("sh")
        .arg("-c")
        .arg("find . -type f -print0 | xargs -0 sha256sum -z")
        .current_dir(&folder)
        .output()
        .unwrap();
    let mut compared = 0;
    for line in sums.stdout.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let digest = String::from_utf8_lossy(&line[..64]).into_owned();
        let found =
            rows.iter().any(|row| row["sha256"] == digest.as_str() && row["kind"] == "file");
        assert!(found, "{}", String::from_utf8_lossy(line));
        compared += 1;
    }
    assert_eq!(compared, 3);
    assert_eq!(row(&rows, "/été/صور/a.jpg")["content_type"], "image/jpeg");
    assert_eq!(row(&rows, "/link")["target"], "/etc/passwd");
    assert_eq!(row(&rows, "/link")["disposition"], "skipped");
    assert_eq!(row(&rows, "/empty")["disposition"], "empty");
    assert_eq!(row(&rows, "/bad\\xffname")["name_raw"], "626164ff6e616d65");
}

#[test]
fn a_files_bytes_are_read_back_and_a_change_of_the_evidence_is_told() {
    let lab = Lab::new();
    let folder = lab.beside("files");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a.txt"), b"as seized").unwrap();
    lab.scan(&folder);
    let id = row(&lab.export("c"), "/a.txt")["id"].to_string();
    let cat = lab.run(&["cat", "c", &id]);
    assert_eq!((cat.code(), cat.out().as_str()), (0, "as seized"));
    std::fs::write(folder.join("a.txt"), b"as forged").unwrap();
    let changed = lab.run(&["cat", "c", &id]);
    assert_eq!(changed.code(), 1);
    assert!(changed.err().contains("the evidence has changed since the scan"), "{}", changed.all());
    assert_eq!(lab.run(&["cat", "c", "99999"]).code(), 2);
}
