//! Recorded truth: what independent programs agree on about images that nobody here made.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::workshop::must;

/// The folder with images and truth, when it is there.
pub(crate) fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no evidence at {}", folder.display());
    None
}

/// The image's parts in one file in `folder`, unpacked; `None`, told visibly, when the program for it is missing.
pub(crate) fn unpacked(data: &Path, id: &str, parts: &[&str], folder: &Path) -> Option<PathBuf> {
    let image = folder.join("image");
    let mut bytes = Vec::new();
    for part in parts {
        let from = data.join("evidence").join(id).join(part);
        if part.ends_with(".zst") {
            let done = Command::new("zstd")
                .args(["-dqf", "--long=27", "--sparse"])
                .arg(&from)
                .arg("-o")
                .arg(&image)
                .status()
                .unwrap();
            assert!(done.success(), "zstd: {}", from.display());
            return Some(image);
        }
        if part.ends_with(".E01") {
            let target = image.to_str().unwrap();
            must("ewfexport", &["-q", "-u", "-f", "raw", "-t", target, from.to_str().unwrap()])?;
            return Some(image.with_extension("raw"));
        }
        bytes.extend(std::fs::read(from).unwrap());
    }
    std::fs::write(&image, bytes).unwrap();
    Some(image)
}

/// One row of a truth table.
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) allocated: bool,
    pub(crate) size: u64,
    pub(crate) md5: String,
    pub(crate) sha256: String,
    pub(crate) verdict: String,
}

/// The rows of an image's table.
pub(crate) fn rows(data: &Path, id: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(data.join("truth").join(format!("{id}.jsonl"))).unwrap();
    let text_of = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    text.lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            Row {
                path: text_of(&row, "path"),
                allocated: row["allocated"].as_bool().unwrap(),
                size: row["size"].as_u64().unwrap(),
                md5: text_of(&row, "md5"),
                sha256: text_of(&row, "sha256"),
                verdict: text_of(&row, "verdict"),
            }
        })
        .collect()
}

/// A small input of the folder of known faults, unpacked into `folder`; `None`, told visibly, when it or the program for it is missing.
pub(crate) fn fault_image(data: &Path, name: &str, folder: &Path) -> Option<PathBuf> {
    let from = data.join("faults").join(name);
    if !from.is_file() {
        eprintln!("skipped: no input at {}", from.display());
        return None;
    }
    let file_name = from.file_stem()?.to_owned();
    let image = folder.join(file_name);
    let program = if name.ends_with(".gz") { "gzip" } else { "zstd" };
    let output = crate::workshop::run(program, &["-dc", from.to_str()?])?;
    assert!(output.status.success(), "{program}: {}", from.display());
    std::fs::write(&image, output.stdout).unwrap();
    Some(image)
}
