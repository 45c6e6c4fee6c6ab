//! Runs other programs.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::failure::{Attempt, Failure, Outcome};

/// A program that reads no input, with its arguments, in `folder`.
pub(crate) fn program(
    name: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    folder: &Path,
) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

/// Runs it with our own output, after saying so.
pub(crate) fn say_and_run(command: &mut Command) -> Outcome<ExitStatus> {
    println!("$ {}", words(command));
    command.status().when(words(command))
}

/// Runs it and gives what it wrote; a failure tells what it said.
pub(crate) fn output(command: &mut Command) -> Outcome<Vec<u8>> {
    let done = command.output().when(words(command))?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(Failure::new(format!("{}: {}: {}", words(command), done.status, said.trim())))
}

/// Whether the program can be started.
pub(crate) fn exists(name: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else {
        return false;
    };
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// An exit status as our own exit code; death by a signal is 1.
pub(crate) fn exit_code(status: ExitStatus) -> std::process::ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    std::process::ExitCode::from(code)
}

fn words(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
