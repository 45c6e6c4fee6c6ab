//! Images that nobody here made, when they lie beside the workspace.

#![allow(dead_code, reason = "each test program uses a part")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use byte_source::{MappedFile, Source};
use serde_json::Value;

/// The folder of shared images, or a visible note that there is none.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !folder.join("manifest.json").exists() {
        eprintln!("skipped: no shared images at {}", folder.display());
        return None;
    }
    Some(folder)
}

/// The image of that id, unpacked.
pub(crate) fn image(shared: &Path, id: &str) -> Arc<dyn Source> {
    let manifest: Value =
        read_json(&std::fs::read_to_string(shared.join("manifest.json")).unwrap());
    let entry = manifest
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["id"] == id)
        .expect("id in the manifest");
    let file = shared.join(entry["file"].as_str().unwrap());
    if id.ends_with(".qcow2") {
        let folder = tempfile::tempdir().unwrap();
        let raw = folder.path().join("image");
        let status =
            Command::new("qemu-img").args(["convert", "-O", "raw"]).arg(file).arg(&raw).status();
        assert!(status.expect("qemu-img runs").success());
        return Arc::new(MappedFile::new(&File::open(raw).unwrap()).unwrap());
    }
    if entry["unpack"] == "none" {
        return Arc::new(MappedFile::new(&File::open(file).unwrap()).unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("image");
    let status = Command::new("zstd")
        .args(["-dqf", "--long=27", "--sparse"])
        .arg(&file)
        .arg("-o")
        .arg(&raw)
        .status();
    assert!(status.expect("zstd runs").success());
    // The map keeps the bytes when the folder is gone.
    Arc::new(MappedFile::new(&File::open(raw).unwrap()).unwrap())
}

/// The rows of the truth table of that id.
pub(crate) fn truth(shared: &Path, id: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(shared.join("truth").join(format!("{id}.jsonl"))).unwrap();
    text.lines().map(read_json).collect()
}

/// "2022-01-23 20:33:43.720000" (or with another separator) as nanoseconds since 1970.
pub(crate) fn nanoseconds(text: &str) -> i64 {
    let (date, time) = text.split_at(10);
    let (clock, fraction) = time[1..].split_once('.').unwrap_or((&time[1..], "0"));
    let number = |text: &str| text.parse::<i64>().unwrap();
    let [year, month, day] = date.split('-').map(number).collect::<Vec<_>>()[..] else {
        panic!("{text}")
    };
    let [hour, minute, second] = clock.split(':').map(number).collect::<Vec<_>>()[..] else {
        panic!("{text}")
    };
    // Days by counting years and months: slow and obvious.
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let months = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let days: i64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum::<i64>()
        + months[..usize::try_from(month - 1).unwrap()].iter().sum::<i64>()
        + day
        - 1;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second;
    let nanoseconds = format!("{fraction:0<9}")[..9].parse::<i64>().unwrap();
    seconds * 1_000_000_000 + nanoseconds
}

fn read_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
