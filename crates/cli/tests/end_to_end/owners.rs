//! Owners of files: numbers, and SIDs of NTFS.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::Lab;

fn is_done(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// An NTFS volume with files of several owners. `None` where it cannot be made.
fn ntfs(lab: &Lab) -> Option<PathBuf> {
    let image = lab.write("disk.raw", &[]);
    let mount = lab.beside("mount");
    std::fs::create_dir(&mount).unwrap();
    std::fs::File::options().write(true).open(&image).unwrap().set_len(16 << 20).unwrap();
    let made = is_done(Command::new("mkntfs").args(["-F", "-Q", "-q"]).arg(&image))
        && is_done(Command::new("ntfs-3g").args(["-o", "permissions"]).arg(&image).arg(&mount));
    if !made {
        eprintln!("skipped: mkntfs or ntfs-3g is not installed, or nothing can be mounted here");
        return None;
    }
    for (name, owner) in [("mine.txt", 1234), ("yours.txt", 4321), ("roots.txt", 0)] {
        std::fs::write(mount.join(name), name).unwrap();
        std::os::unix::fs::chown(mount.join(name), Some(owner), Some(77)).unwrap();
    }
    assert!(is_done(Command::new("umount").arg(&mount)));
    Some(image)
}

/// The owner that ntfs-3g reads.
fn owner_by_ntfs_3g(image: &Path, path: &str) -> Option<String> {
    let told = Command::new("ntfssecaudit").arg("-v").arg(image).arg(path).output().ok()?;
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    text.lines()
        .find_map(|line| line.strip_prefix("Windows owner "))
        .map(|sid| sid.trim().to_owned())
}

#[test]
fn files_of_ntfs_are_found_by_the_sid_of_their_owner() {
    let lab = Lab::new();
    let Some(image) = ntfs(&lab) else { return };
    lab.done(&["scan", "--case", "c", image.to_str().unwrap()]);
    let rows = lab.export("c");
    let paths = ["/mine.txt", "/yours.txt", "/roots.txt"];
    let mut sids = Vec::new();
    for path in paths {
        let row = rows.iter().find(|row| row["path"] == path).unwrap();
        let Some(sid) = owner_by_ntfs_3g(&image, path) else {
            return eprintln!("skipped: ntfssecaudit is not installed");
        };
        assert_eq!(row["owner_sid"], sid.as_str(), "{path}");
        sids.push(sid);
    }
    assert_ne!(sids[0], sids[1]);
    let found = |owner: &str| {
        lab.run(&["find", "c", "--owner", owner, "--type", "file", "--format", "paths0"])
    };
    assert_eq!(found(&sids[0]).out(), "disk.raw:/mine.txt\0");
    assert_eq!(found(&sids[1].to_lowercase()).out(), "disk.raw:/yours.txt\0");
    // The number of a security descriptor is no user of ext.
    let number = rows.iter().find(|row| row["path"] == "/mine.txt").unwrap()["uid"].to_string();
    assert_eq!(found(&number).out(), "");
    let nobody = found("S-1-5-21-1-2-3-4");
    assert!(
        nobody.out().is_empty() && nobody.err().contains("nothing in its index has --owner"),
        "{}",
        nobody.all()
    );
    let wrong = found("S-1-x");
    assert!(wrong.code() == 2 && wrong.err().contains("is no owner"), "{}", wrong.all());
}

#[test]
fn an_owner_that_is_changed_in_the_index_is_found() {
    let lab = Lab::new();
    let Some(image) = ntfs(&lab) else { return };
    lab.done(&["scan", "--case", "c", image.to_str().unwrap()]);
    lab.consistent(&["custody", "verify", "c"]);
    for change in [
        "UPDATE security_owner SET sid = 'S-1-5-21-9'",
        "DELETE FROM security_owner",
        "INSERT INTO security_owner SELECT file_system, 999, sid FROM security_owner LIMIT 1",
    ] {
        let file = lab.case_file("c");
        let kept = std::fs::read(&file).unwrap();
        rusqlite::Connection::open(&file).unwrap().execute_batch(change).unwrap();
        assert_eq!(lab.run(&["custody", "verify", "c"]).code(), 1, "{change}");
        for beside in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{beside}", file.display()));
        }
        std::fs::write(&file, kept).unwrap();
    }
}

#[test]
fn files_of_ext_and_folders_are_found_by_number() {
    let lab = Lab::new();
    let folder = lab.beside("files");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a"), b"a").unwrap();
    if std::os::unix::fs::chown(folder.join("a"), Some(1234), None).is_err() {
        return eprintln!("skipped: only root may give files away");
    }
    lab.scan(&folder);
    for option in ["--owner", "--uid"] {
        let found = lab.done(&["find", "c", option, "1234", "--format", "paths0"]);
        assert_eq!(found.out(), "files:/a\0");
    }
}
