//! Copies that were damaged, disks that are full, programs that are killed: nothing that is not whole passes for a copy.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::case_backup::{backup, lab, lose_case};
use crate::program::Lab;

fn refused(lab: &Lab, copy: &Path, what: &str) {
    let check = lab.run(&["case", "check", copy.to_str().unwrap()]);
    assert_eq!(check.code(), 1, "{what}: {}", check.all());
    assert!(check.all().contains("NOT SOUND"), "{what}: {}", check.all());
    let back = lab.run(&["case", "restore", copy.to_str().unwrap(), "c", "--reason", "x"]);
    assert_eq!(back.code(), 1, "{what}: {}", back.all());
    assert!(back.err().contains("nothing was restored"), "{what}: {}", back.all());
    let left: Vec<_> = std::fs::read_dir(lab.path().join("cases"))
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .filter(|name| name.to_string_lossy().contains("c.db"))
        .collect();
    assert!(left.is_empty(), "{what}: {left:?}");
}

#[test]
fn one_flipped_bit_anywhere_is_found() {
    let lab = lab();
    let copy = backup(&lab, "c.backup");
    let whole = std::fs::read(&copy).unwrap();
    lose_case(&lab);
    let changed = lab.beside("changed");
    // The header, the root page, and places spread over the file by a fixed sequence.
    let places = [16, 20, 100, 4095].into_iter().chain((1..9).map(|n| n * 7919 * 13 % whole.len()));
    for place in places {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (place % 8);
        std::fs::write(&changed, &bytes).unwrap();
        refused(&lab, &changed, &format!("a bit of byte {place}"));
    }
    lab.done(&["case", "restore", &copy, "c", "--reason", "the copy that is whole"]);
}

#[test]
fn a_copy_that_was_cut_off_is_found() {
    let lab = lab();
    let copy = backup(&lab, "c.backup");
    let whole = std::fs::read(&copy).unwrap();
    lose_case(&lab);
    let cut = lab.beside("cut");
    for length in [0, 1, 100, 4096, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        std::fs::write(&cut, &whole[..length]).unwrap();
        refused(&lab, &cut, &format!("{length} of {} bytes", whole.len()));
    }
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing() {
    let lab = lab();
    let disk = lab.beside("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: a small disk cannot be mounted here (needs root)");
        return;
    }
    let run = lab.run(&["case", "backup", "c", disk.join("c.backup").to_str().unwrap()]);
    let left = std::fs::read_dir(&disk).unwrap().count();
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    assert_eq!((run.code(), left), (1, 0), "{}", run.all());
    assert!(run.err().contains("no room for the copy"), "{}", run.all());
    lab.consistent(&["custody", "verify", "c"]);
}

#[test]
fn a_killed_backup_leaves_a_whole_copy_or_none() {
    let lab = lab();
    let clock = Instant::now();
    backup(&lab, "first");
    let whole = clock.elapsed();
    for round in 0..8_u32 {
        let copy = lab.beside(&format!("killed-{round}"));
        let mut child = lab
            .command(&["case", "backup", "c", copy.to_str().unwrap()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let clock = Instant::now();
        let moment = whole.mul_f64(f64::from(round * 617 % 1000) / 900.0);
        while clock.elapsed() < moment.max(Duration::from_millis(1)) {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
        if copy.exists() {
            lab.done(&["case", "check", copy.to_str().unwrap()]);
        }
        lab.consistent(&["custody", "verify", "c"]);
    }
}
