//! Where a lab may lie: a real mount that is not a disk of this machine, as far as the kernel tells.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::Lab;

/// A file system that a program serves (ntfs-3g, of a plain file: to the kernel a FUSE mount without a device).
struct Mount(PathBuf);

impl Mount {
    fn new(lab: &Lab) -> Option<Self> {
        let image = lab.write("served.img", &[]);
        let folder = lab.beside("served");
        std::fs::create_dir(&folder).unwrap();
        std::fs::File::options().write(true).open(&image).unwrap().set_len(64 << 20).unwrap();
        let done = |program: &str, arguments: &[&Path]| {
            let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
            Command::new(program)
                .args(arguments)
                .env("PATH", path)
                .output()
                .is_ok_and(|output| output.status.success())
        };
        let quick = Path::new("-qF");
        match done("mkntfs", &[quick, &image]) && done("ntfs-3g", &[&image, &folder]) {
            true => Some(Self(folder)),
            false => {
                eprintln!(
                    "skipped: no FUSE file system can be mounted here (needs ntfs-3g and root)"
                );
                None
            }
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_lab_is_refused_where_memory_is_not_shared_and_evidence_is_not() {
    let lab = Lab::new();
    let Some(mount) = Mount::new(&lab) else { return };
    let item = mount.0.join("blank.img");
    std::fs::write(&item, [0; 4096]).unwrap();
    let there = mount.0.join("lab");
    let in_lab_there = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_athar"));
        command.arg("--lab").arg(&there).args(arguments);
        Lab::without_terminal(command)
    };
    let refused = in_lab_there(&["scan", item.to_str().unwrap()]);
    assert_eq!(refused.code(), 1, "{}", refused.all());
    assert!(refused.err().contains("it lies on a FUSE mount (fuse"), "{}", refused.all());
    assert!(refused.err().contains("take a folder on a disk of this machine"), "{}", refused.all());
    assert!(!there.exists(), "nothing was made");
    // Evidence may lie there, and a backup may go there.
    assert_eq!(lab.scan(&item).code(), 0);
    let copy = mount.0.join("c.backup");
    lab.done(&["case", "backup", "c", copy.to_str().unwrap()]);
    lab.done(&["case", "check", copy.to_str().unwrap()]);
    assert_eq!(
        lab.run(&["case", "backup", "c", copy.to_str().unwrap()]).code(),
        2,
        "never overwritten"
    );
    // A lab that was made elsewhere and moved there is refused too.
    std::fs::create_dir(&there).unwrap();
    std::fs::copy(lab.path().join("lab.toml"), there.join("lab.toml")).unwrap();
    let moved = in_lab_there(&["case", "list"]);
    assert_eq!(moved.code(), 1, "{}", moved.all());
}
