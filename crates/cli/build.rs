//! Records the commit and target that the program was built from.

use std::process::Command;

fn main() {
    let said = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let mut commit = said(&["rev-parse", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    if said(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| !changes.is_empty()) {
        commit.push_str("-modified");
    }
    println!("cargo::rustc-env=ATHAR_COMMIT={commit}");
    println!("cargo::rustc-env=ATHAR_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    println!("cargo::rustc-env=ATHAR_PROFILE={}", std::env::var("PROFILE").unwrap_or_default());
    if let Some(folder) = said(&["rev-parse", "--git-dir"]) {
        println!("cargo::rerun-if-changed={folder}/HEAD");
        println!("cargo::rerun-if-changed={folder}/logs/HEAD");
    }
}
