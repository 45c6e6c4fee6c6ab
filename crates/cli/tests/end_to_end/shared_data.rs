//! Images that nobody here made, with answers: `../shared/data` beside the workspace. Tests that need them say so and pass when it is
//! not there.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder beside the workspace; a visible note when it is not there.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    match folder.join("data/manifest.json").exists() {
        true => Some(folder),
        false => {
            eprintln!("skipped: {} is not there; this test needs its images", folder.display());
            None
        }
    }
}

/// Puts the files of an image into `to` and gives the first one: the manifest's `file`, or the first segment.
pub(crate) fn unpack(shared: &Path, id: &str, to: &Path) -> PathBuf {
    let from = shared.join("data/evidence").join(id);
    std::fs::create_dir_all(to).unwrap();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&from).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut unpacked = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let target = to.join(name.strip_suffix(".zst").unwrap_or(name));
        if name.ends_with(".zst") {
            let done = Command::new("zstd")
                .args(["-d", "-q", "-f", "--long=27", "--sparse"])
                .arg(&file)
                .arg("-o")
                .arg(&target)
                .status();
            assert!(done.expect("zstd is installed").success(), "{}", file.display());
        } else {
            std::fs::copy(&file, &target).unwrap();
        }
        unpacked.push(target);
    }
    unpacked.into_iter().next().unwrap()
}
