//! Runs the programs that format, mount and check.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use faults::{Attempt, Failure, Outcome};

/// Runs a program without input; gives what it printed.
///
/// # Errors
/// It cannot be started, or it ends with another code than 0: with what it said.
pub(crate) fn run(name: &str, arguments: &[&OsStr]) -> Outcome<Vec<u8>> {
    let words = || {
        let words = arguments.iter().map(|word| word.to_string_lossy().into_owned());
        format!("{name} {}", words.collect::<Vec<_>>().join(" "))
    };
    let mut command = Command::new(name);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env("LC_ALL", "C.UTF-8")
        .env("MTOOLS_SKIP_CHECK", "1")
        .env("TZ", "UTC0");
    let done = command.output().when(words())?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    let said = [done.stdout, done.stderr].concat();
    Err(Failure::new(format!(
        "{}: {}: {}",
        words(),
        done.status,
        String::from_utf8_lossy(&said).trim()
    )))
}

/// Returns the programs that are in no folder of `PATH`, nor where administrators' programs lie.
pub(crate) fn missing(names: &[&'static str]) -> Vec<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/sbin"].map(Into::into));
    let is_there = |name: &&str| folders.iter().any(|folder| folder.join(name).is_file());
    names.iter().filter(|name| !is_there(name)).copied().collect()
}
