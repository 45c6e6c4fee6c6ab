//! `cargo xtask extents`: are the bytes of every stream where the export says? An independent script hashes them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;
use tempfile::TempDir;

use crate::athar::{Athar, Scanned};
use crate::failure::{Attempt, Failure, Outcome};
use crate::process::{output, program};
use crate::truth::unpack;
use crate::workspace::root;

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The folder with `data/` [default: `shared` beside the workspace]
    shared: Option<PathBuf>,
    /// Only images whose id contains this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Use this athar instead of one built for release
    #[arg(long, value_name = "PROGRAM")]
    athar: Option<PathBuf>,
}

/// Containers that `qemu-img` reads.
const OF_QEMU: [&str; 6] = ["qcow", "qcow2", "vmdk", "vhd", "vhdx", "vdi"];

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let shared = arguments.shared.clone().unwrap_or_else(|| root().join("../shared"));
    let manifest = shared.join("data/manifest.json");
    if !manifest.is_file() {
        println!("SKIPPED: all images: no shared evidence at {}", shared.display());
        return Ok(ExitCode::SUCCESS);
    }
    let text = std::fs::read(&manifest).when(manifest.display())?;
    let images: Vec<Value> = serde_json::from_slice(&text).when(manifest.display())?;
    let athar = Athar::given_or_built(arguments.athar.as_deref())?;
    let mut right = 0_u64;
    let mut wrong = 0_u64;
    let mut unread = 0_u64;
    for image in &images {
        let id = image["id"].as_str().unwrap_or_default();
        if arguments.only.as_ref().is_some_and(|only| !id.contains(only)) {
            continue;
        }
        let (count, said) = match examine(&athar, &shared, image) {
            Ok(Some((true, said))) => (&mut right, said),
            Ok(Some((false, said))) => (&mut wrong, said),
            Ok(None) => (&mut unread, "no stream is read by athar".to_owned()),
            Err(failure) => (&mut wrong, format!("FAILED  {failure}")),
        };
        *count = count.saturating_add(1);
        println!("{id:<40} {}", said.trim_end());
    }
    println!(
        "{right} images with extents as exported, {wrong} different, {unread} without streams"
    );
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Scans an image and lets the script judge; `None` when there is nothing to judge.
fn examine(athar: &Athar, shared: &Path, image: &Value) -> Outcome<Option<(bool, String)>> {
    let file = image["file"].as_str().unwrap_or_default();
    let folder = TempDir::new().when("temporary folder")?;
    let path = unpack(&shared.join("data").join(file), folder.path())?;
    let Scanned::Case(case) = athar.scan_if_read(&path)? else { return Ok(None) };
    if case.streams()?.is_empty() {
        return Ok(None);
    }
    let container =
        case.report.iter().find_map(|image| image["container"].as_str()).unwrap_or("raw");
    let medium = raw_medium(&path, container, folder.path())?;
    let script = root().join("tools/check-extents");
    let mut check = program("python3", [&script, &medium, &case.export], folder.path());
    let done = check.output().when("check-extents")?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    match said.is_empty() {
        true => Err(Failure::new(String::from_utf8_lossy(&done.stderr).trim().to_owned())),
        false => Ok(Some((done.status.success(), said))),
    }
}

/// Gives the medium of a container as a raw file, made by an independent program.
fn raw_medium(path: &Path, container: &str, folder: &Path) -> Outcome<PathBuf> {
    if container == "raw" {
        return Ok(path.to_owned());
    }
    let raw = folder.join("medium.raw");
    if OF_QEMU.contains(&container)
        && output(program("qemu-img", ["convert", "-O", "raw"], folder).arg(path).arg(&raw)).is_ok()
    {
        return Ok(raw);
    }
    // It finds the segments that follow, and reads a VHD whose checksum is wrong, which qemu-img refuses.
    let bytes = output(&mut program("img_cat", [path], folder))?;
    std::fs::write(&raw, bytes).when(raw.display())?;
    Ok(raw)
}
