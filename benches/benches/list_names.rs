//! `athar ls -r` beside `fls -r -p`: the names of 60,000 files of an ext4 and of an NTFS volume, listed by one thread from warm memory.
//!
//! Needs `cargo build --release -p cli` first. What is missing (the program, `fls`, `mkfs.ext4`, a mounted ntfs-3g) is said and left out.
#![allow(clippy::expect_used, reason = "a benchmark that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use divan::Bencher;

/// Files of an image, 200 to a directory.
const FILES: u32 = 60_000;
const FILES_PER_DIRECTORY: u32 = 200;

fn main() {
    divan::main();
}

/// The images, made once a run: ext4, NTFS.
fn images() -> &'static [Option<PathBuf>; 2] {
    static IMAGES: OnceLock<(tempfile::TempDir, [Option<PathBuf>; 2])> = OnceLock::new();
    let (_, images) = IMAGES.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = folder.path().join("files");
        fill(&files);
        let images = [ext4(folder.path(), &files), ntfs(folder.path())];
        fs::remove_dir_all(&files).expect("files that were made here");
        (folder, images)
    });
    images
}

fn fill(root: &Path) {
    for number in 0..FILES {
        let folder = root.join(format!(
            "folder {:02}/sub-directory {:04}",
            number % 15,
            number / FILES_PER_DIRECTORY
        ));
        if number % FILES_PER_DIRECTORY == 0 || !folder.exists() {
            fs::create_dir_all(&folder).expect("a folder");
        }
        fs::write(folder.join(format!("document number {number:05}.txt")), b"x").expect("a file");
    }
}

fn ext4(folder: &Path, files: &Path) -> Option<PathBuf> {
    let image = folder.join("ext4");
    let make = ["-q", "-F", "-t", "ext4", "-N", "80000", "-d"];
    run("mkfs.ext4", Command::new("mkfs.ext4").args(make).arg(files).arg(&image).arg("600M"))
        .then_some(image)
}

fn ntfs(folder: &Path) -> Option<PathBuf> {
    let image = folder.join("ntfs");
    let mount = folder.join("mount");
    fs::File::create(&image).expect("a file").set_len(400 << 20).expect("a size");
    fs::create_dir(&mount).expect("a folder");
    let made = run("mkntfs", Command::new("mkntfs").args(["-F", "-q"]).arg(&image))
        && run("ntfs-3g", Command::new("ntfs-3g").arg(&image).arg(&mount));
    if !made {
        return None;
    }
    fill(&mount);
    run("umount", Command::new("umount").arg(&mount)).then_some(image)
}

/// Runs a program to its end; says what failed.
fn run(name: &str, command: &mut Command) -> bool {
    let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let good = done.is_ok_and(|status| status.success());
    if !good {
        eprintln!("skipped: {name} is not installed, or cannot do this here");
    }
    good
}

/// The program that was built for release.
fn athar() -> PathBuf {
    let folder = std::env::current_exe().expect("this program");
    // target/release/deps/list_names-…
    folder.ancestors().nth(2).expect("the folder of release builds").join("athar")
}

fn list(bencher: Bencher<'_, '_>, image: usize, program: &Path, arguments: &[&str]) {
    let Some(image) = images().get(image).and_then(Option::as_ref) else { return };
    let list = || {
        let mut command = Command::new(program);
        command.args(arguments).arg(image).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    if !list() {
        return eprintln!("skipped: {} is not there", program.display());
    }
    bencher.bench_local(|| assert!(list()));
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn ext4_athar(bencher: Bencher<'_, '_>) {
    list(bencher, 0, &athar(), &["ls", "-r", "--threads", "1"]);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn ext4_fls(bencher: Bencher<'_, '_>) {
    list(bencher, 0, Path::new("fls"), &["-r", "-p"]);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn ntfs_athar(bencher: Bencher<'_, '_>) {
    list(bencher, 1, &athar(), &["ls", "-r", "--threads", "1"]);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn ntfs_fls(bencher: Bencher<'_, '_>) {
    list(bencher, 1, Path::new("fls"), &["-r", "-p"]);
}
