//! Media for tests: shared images unpacked, images that other programs make.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    missing_docs,
    reason = "every test uses a part of it"
)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use byte_source::{MappedFile, MemorySource, Scratch, Source};
use volume::{Division, Role};

pub fn medium_of(path: &Path) -> Arc<dyn Source> {
    Arc::new(MappedFile::new(&File::open(path).unwrap()).unwrap())
}

pub fn divide_bytes(bytes: Vec<u8>) -> Division {
    let medium: Arc<dyn Source> = Arc::new(MemorySource::new(bytes));
    volume::divide(&medium, &mut Scratch::new())
}

/// Start and length of every partition, in order.
pub fn partitions(division: &Division) -> Vec<(u64, u64)> {
    let volumes = division.volumes.iter().filter(|part| part.role == Role::Volume);
    volumes.map(|part| (part.start(), part.length())).collect()
}

/// Panics unless the parts cover the medium without gaps.
pub fn assert_covered(division: &Division, medium_bytes: u64) {
    let mut covered = 0;
    for part in &division.volumes {
        assert!(part.start() <= covered || covered >= medium_bytes, "gap before {part:?}");
        assert!(part.length() > 0, "{part:?}");
        covered = covered.max(part.start() + part.length());
    }
    assert!(covered >= medium_bytes, "{covered} of {medium_bytes}");
}

/// The folder of shared evidence; says so when it is not there.
pub fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !path.is_dir() {
        eprintln!("skipped: no shared evidence at {}", path.display());
        return None;
    }
    Some(path)
}

/// Unpacks the only file of the shared image `id` into `into` as a raw image; `None` when a program for it is missing.
pub fn unpack_raw(shared: &Path, id: &str, into: &Path) -> Option<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(shared.join("evidence").join(id))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let file = files[0].to_str().unwrap();
    let target = into.join("medium.raw");
    if file.ends_with(".zst") {
        run(into, &format!("zstd -dqf --long=27 --sparse -o medium.raw '{file}'"));
    } else if file.ends_with(".E01") {
        if !have("ewfexport") {
            return None;
        }
        run(into, &format!("ewfexport -q -u -f raw -t medium '{file}' >&2"));
    } else {
        fs::copy(file, &target).unwrap();
    }
    Some(target)
}

/// True when `program` is there; says so when not.
pub fn have(program: &str) -> bool {
    let there = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output()
        .unwrap()
        .status
        .success();
    if !there {
        eprintln!("skipped: {program} is not installed");
    }
    there
}

/// Runs a shell command in `folder`; panics with its output when it fails.
pub fn run(folder: &Path, command: &str) -> String {
    let out = Command::new("sh").args(["-c", command]).current_dir(folder).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{command}\n{text}\n{}", String::from_utf8_lossy(&out.stderr));
    text
}

/// A reproducible stream of numbers (SplitMix64).
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
