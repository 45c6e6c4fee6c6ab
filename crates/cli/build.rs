//! Records what the program was built from and with. Nothing of the time or place of the build: the same source gives the same bytes.
//!
//! `ATHAR_COMMIT` names the commit where there is no git, as in an unpacked release; `cargo xtask release` sets it.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=ATHAR_COMMIT");
    println!("cargo::rustc-env=ATHAR_COMMIT={}", commit());
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    println!("cargo::rustc-env=ATHAR_TARGET={}", said("TARGET"));
    println!("cargo::rustc-env=ATHAR_PROFILE={}", said("PROFILE"));
    println!("cargo::rustc-env=ATHAR_TARGET_FEATURES={}", said("CARGO_CFG_TARGET_FEATURE"));
    let rustc = output(&said("RUSTC"), &["--version"]).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=ATHAR_RUSTC={rustc}");
}

fn commit() -> String {
    if let Ok(given) = std::env::var("ATHAR_COMMIT") {
        return given;
    }
    let git = |arguments: &[&str]| output("git", arguments);
    if let Some(folder) = git(&["rev-parse", "--git-dir"]) {
        println!("cargo::rerun-if-changed={folder}/HEAD");
        println!("cargo::rerun-if-changed={folder}/logs/HEAD");
    }
    let commit = git(&["rev-parse", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    match git(&["status", "--porcelain", "--untracked-files=no"]) {
        Some(changes) if !changes.is_empty() => format!("{commit}-modified"),
        _ => commit,
    }
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
