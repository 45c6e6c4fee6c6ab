//! Programs of others that make and read images, when they are installed.

#![allow(dead_code, reason = "each test program uses a part")]

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// True when all programs are there; otherwise a visible note says which is missing.
pub(crate) fn installed(programs: &[&str]) -> bool {
    let found = |program: &&str| {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&folders).any(|folder| folder.join(program).exists())
    };
    let missing = programs.iter().find(|program| !found(program));
    if let Some(program) = missing {
        eprintln!("skipped: {program} is not installed");
    }
    missing.is_none()
}

/// True when this runs as root, who alone may mount; otherwise a visible note says so.
pub(crate) fn is_root() -> bool {
    let root = run("id", ["-u"]).trim() == "0";
    if !root {
        eprintln!("skipped: only root may mount");
    }
    root
}

/// Runs a program to its end; what it printed.
pub(crate) fn run<S: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = S>,
) -> String {
    let mut command = Command::new(program);
    let output = command
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .env("LC_ALL", "C.UTF-8")
        .env("MTOOLS_SKIP_CHECK", "1")
        .output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Formats `image` with mkfs.fat.
pub(crate) fn format(image: &Path, bytes: u64, options: &[&str]) {
    std::fs::File::create(image).unwrap().set_len(bytes).unwrap();
    let image = image.to_str().unwrap();
    run("mkfs.fat", options.iter().copied().chain([image]));
}

/// Copies files and folders of the host into the root of `image`.
pub(crate) fn copy_in(image: &Path, sources: &[&Path]) {
    for source in sources {
        let names = [
            image.as_os_str(),
            OsStr::new("-s"),
            OsStr::new("-o"),
            source.as_os_str(),
            OsStr::new("::"),
        ];
        run("mcopy", [OsStr::new("-i")].into_iter().chain(names));
    }
}

/// Deletes a file in `image`.
pub(crate) fn delete(image: &Path, name: &str) {
    run("mdel", ["-i", image.to_str().unwrap(), &format!("::{name}")]);
}
