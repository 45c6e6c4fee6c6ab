//! Images that nobody here made, when they lie beside the workspace.

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
    let manifest: Value = read_json(&std::fs::read_to_string(shared.join("manifest.json")).unwrap());
    let entry =
        manifest.as_array().unwrap().iter().find(|entry| entry["id"] == id).expect("id in the manifest");
    let file = shared.join(entry["file"].as_str().unwrap());
    if entry["unpack"] == "none" {
        return Arc::new(MappedFile::new(&File::open(file).unwrap()).unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("image");
    let status =
        Command::new("zstd").args(["-dqf", "--long=27", "--sparse"]).arg(&file).arg("-o").arg(&raw).status();
    assert!(status.expect("zstd runs").success());
    // The map keeps the bytes when the folder is gone.
    Arc::new(MappedFile::new(&File::open(raw).unwrap()).unwrap())
}

/// The rows of the truth table of that id.
pub(crate) fn truth(shared: &Path, id: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(shared.join("truth").join(format!("{id}.jsonl"))).unwrap();
    text.lines().map(read_json).collect()
}

fn read_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
