//! Limits of the machine: said before anything is written, and never an end without words.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{Lab, Run};

fn demo() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata/demo/demo.raw")
        .to_str()
        .unwrap()
        .to_owned()
}

/// Runs a scan of the demonstration disk after `limits` in a shell.
fn limited(lab: &Lab, limits: &str, more: &[&str]) -> Run {
    let item = demo();
    let mut arguments = vec!["scan", item.as_str(), "--case", "c"];
    arguments.extend(more);
    let athar = lab.command(&arguments);
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("ulimit -c 0; {limits}; exec \"$@\""))
        .arg("sh")
        .arg(athar.get_program());
    shell.args(athar.get_args());
    Lab::without_terminal(shell)
}

#[test]
fn too_few_open_files_are_said_before_anything_is_written() {
    let lab = Lab::new();
    let run = limited(&lab, "ulimit -n 30", &[]);
    assert_eq!(run.code(), 1, "{}", run.all());
    assert!(run.err().contains("open files") && run.err().contains("ulimit -n"), "{}", run.all());
    assert!(!lab.path().exists(), "nothing was made");
    // A soft limit is raised.
    let raised = limited(&lab, "ulimit -Sn 30", &[]);
    assert_eq!(raised.code(), 0, "{}", raised.all());
}

#[test]
fn too_little_address_space_is_said_and_a_scan_never_ends_without_words() {
    // From hardly enough to load the program up to enough: either the scan is whole, or it says why not and leaves nothing.
    let mut whole = 0;
    let mut refused = 0;
    for kilobytes in [
        40_000, 100_000, 200_000, 300_000, 450_000, 600_000, 750_000, 900_000, 1_200_000, 2_000_000,
    ] {
        for threads in ["1", "8"] {
            let lab = Lab::new();
            let run = limited(&lab, &format!("ulimit -v {kilobytes}"), &["--threads", threads]);
            match run.code() {
                0 => {
                    whole += 1;
                    assert_eq!(lab.digest("c").len(), 64);
                }
                1 => {
                    refused += 1;
                    assert!(
                        run.err().contains("too little memory"),
                        "{kilobytes} KiB, {threads} threads: {}",
                        run.all()
                    );
                    assert!(!lab.path().exists(), "nothing was made");
                }
                _ => panic!("{kilobytes} KiB, {threads} threads: {}", run.all()),
            }
        }
    }
    eprintln!("{whole} scans whole, {refused} refused with their reason");
    assert!(whole >= 4 && refused >= 4, "{whole} whole, {refused} refused");
}

#[test]
fn a_wish_for_memory_that_cannot_be_had_is_refused_with_what_can() {
    let lab = Lab::new();
    let run = limited(&lab, "ulimit -v 2000000", &["--threads", "1", "--memory", "4G"]);
    assert_eq!(run.code(), 1, "{}", run.all());
    let fits =
        run.err().split("give --memory ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let run = limited(&lab, "ulimit -v 2000000", &["--threads", "1", "--memory", &fits]);
    assert_eq!(run.code(), 0, "{}", run.all());
}

/// A memory group of its own, of either version; as root.
struct Group(PathBuf);

impl Group {
    fn new(limit: &str) -> Option<Self> {
        let name = format!("athar-test-{}", std::process::id());
        for (root, file) in
            [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")]
        {
            let folder = Path::new(root).join(&name);
            if std::fs::create_dir(&folder).is_err() {
                continue;
            }
            let group = Self(folder);
            if std::fs::write(group.0.join(file), limit).is_ok() {
                return Some(group);
            }
        }
        eprintln!("skipped: no memory group can be made here (needs root and a memory controller)");
        None
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[test]
fn a_memory_group_bounds_a_scan() {
    let Some(group) = Group::new("450000000") else { return };
    let enter = format!("echo $$ > {}/cgroup.procs", group.0.display());
    let lab = Lab::new();
    let wish = limited(&lab, &enter, &["--memory", "1G"]);
    assert_eq!(wish.code(), 1, "{}", wish.all());
    assert!(wish.err().contains("the cgroup leaves"), "{}", wish.all());
    assert!(!lab.path().exists(), "nothing was made");
    let less = limited(&lab, &enter, &[]);
    assert_eq!(less.code(), 0, "{}", less.all());
    assert!(less.err().contains("the scan works in"), "{}", less.all());
    assert_eq!(limited(&Lab::new(), &enter, &["--memory", "128M"]).code(), 0);
}

#[test]
fn too_little_space_for_a_case_is_said_before_anything_is_written() {
    let lab = Lab::new();
    let disk = lab.beside("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: a small disk cannot be mounted here (needs root)");
        return;
    }
    let item = demo();
    let mut scan = Command::new(env!("CARGO_BIN_EXE_athar"));
    scan.arg("--lab").arg(disk.join("lab")).args(["scan", &item]);
    let run = Lab::without_terminal(scan);
    let left = std::fs::read_dir(&disk).unwrap().count();
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    assert_eq!((run.code(), left), (1, 0), "{}", run.all());
    assert!(run.err().contains("8.00 MiB are free"), "{}", run.all());
}
