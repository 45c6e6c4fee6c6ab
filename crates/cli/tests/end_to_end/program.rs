//! Runs `athar` in a lab of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A lab of its own, with a folder for evidence beside it.
pub(crate) struct Lab {
    folder: TempDir,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// The lab's folder; not there before the first run.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("lab")
    }

    /// A path beside the lab.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file beside the lab.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.beside(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn case_file(&self, case: &str) -> PathBuf {
        self.path().join("cases").join(format!("{case}.db"))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_athar"));
        command.arg("--lab").arg(self.path()).args(arguments).env_remove("ATHAR_LAB");
        command.env_remove("ATHAR_PASSPHRASE").env_remove("ATHAR_PASSPHRASE_FILE");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run(self.command(arguments).output().unwrap())
    }

    /// Runs a command where there is no terminal to ask on.
    pub(crate) fn without_terminal(command: Command) -> Run {
        let mut detached = Command::new("setsid");
        detached.arg("--wait").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => detached.env(name, value),
                None => detached.env_remove(name),
            };
        }
        Run(detached.output().unwrap())
    }

    /// Runs a command that must succeed.
    pub(crate) fn done(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code(), 0, "{arguments:?}\n{}", run.all());
        run
    }

    /// Verifies a record with which everything agrees, and about which nobody outside was asked.
    pub(crate) fn consistent(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code(), 3, "{arguments:?}\n{}", run.all());
        run
    }

    /// Scans `image` into case `c`.
    pub(crate) fn scan(&self, image: &Path) -> Run {
        self.run(&["scan", image.to_str().unwrap(), "--case", "c"])
    }

    /// The rows of a case's export.
    pub(crate) fn export(&self, case: &str) -> Vec<Value> {
        let run = self.run(&["export", case, "--format", "jsonl"]);
        assert!(run.is_answer(), "{}", run.all());
        run.objects()
    }

    pub(crate) fn digest(&self, case: &str) -> String {
        let run = self.run(&["case", "digest", case]);
        assert!(run.is_answer(), "{}", run.all());
        run.out().trim().to_owned()
    }
}

/// What a run gave.
pub(crate) struct Run(Output);

impl Run {
    pub(crate) fn of(command: &mut Command) -> Self {
        Self(command.output().unwrap())
    }

    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().unwrap_or(-1)
    }

    /// An answer about a case was given; 3 says that the case is not complete.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self.code(), 0 | 3)
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0.stdout
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    pub(crate) fn all(&self) -> String {
        format!("exit {}\n{}\n{}", self.code(), self.out(), self.err())
    }

    /// Standard output as JSON Lines.
    pub(crate) fn objects(&self) -> Vec<Value> {
        self.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The first row of that path.
pub(crate) fn row<'r>(rows: &'r [Value], path: &str) -> &'r Value {
    rows.iter().find(|row| row["path"] == path).unwrap_or_else(|| panic!("no row {path}"))
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}
