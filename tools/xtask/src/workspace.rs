//! Where things lie.

use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use crate::failure::{Failure, Outcome};
use crate::process::{output, program};

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    // tools/xtask lies two folders below the root.
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The cargo that runs us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let name = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    program(name, arguments, &root())
}

/// Every file of the project, relative to `root`, sorted: what git tracks, or without git whatever is not built or hidden.
pub(crate) fn files(root: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = tracked(root).unwrap_or_else(|_| walked(root));
    files.retain(|file| root.join(file).is_file());
    files.sort();
    match files.is_empty() {
        true => Err(Failure::new(format!("{}: no files", root.display()))),
        false => Ok(files),
    }
}

fn tracked(root: &Path) -> Outcome<Vec<PathBuf>> {
    let listed = output(&mut program(
        "git",
        ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        root,
    ))?;
    let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(|name| PathBuf::from(String::from_utf8_lossy(name).into_owned())).collect())
}

fn walked(root: &Path) -> Vec<PathBuf> {
    let skipped = |name: &str| matches!(name, "target" | ".git" | "athar-lab");
    WalkDir::new(root)
        .into_iter()
        .filter_entry(|entry| {
            entry.depth() != 1 || !entry.file_name().to_str().is_some_and(skipped)
        })
        .filter_map(Result::ok)
        .filter_map(|entry| entry.path().strip_prefix(root).ok().map(Path::to_path_buf))
        .collect()
}
