//! Runs athar as a user would: built for release, in a lab that vanishes with the value.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::failure::{Attempt, Failure, Outcome};
use crate::process::{output, program};
use crate::workspace::cargo;

/// The program.
pub(crate) struct Athar {
    path: PathBuf,
}

/// A case of one image.
pub(crate) struct Case {
    /// What `athar scan --json` said: an object an image, and one for the case.
    pub(crate) report: Vec<Value>,
    /// The export: one JSON object a stream.
    pub(crate) export: PathBuf,
    /// How the scan ended: 0 complete, 3 finished but incomplete.
    pub(crate) exit: i32,
    _lab: TempDir,
}

/// What became of a scan.
pub(crate) enum Scanned {
    /// It ended, complete or not.
    Case(Case),
    /// The container is of a kind that athar names and does not read: with what it said.
    NotRead(String),
}

/// How athar names a format that it knows and does not read.
const NOT_READ: &str = "is recognised but not read by this version";

impl Athar {
    /// Takes the program at `path`, or builds it.
    pub(crate) fn given_or_built(path: Option<&Path>) -> Outcome<Self> {
        match path {
            Some(path) => Ok(Self { path: std::fs::canonicalize(path).when(path.display())? }),
            None => Self::build(),
        }
    }

    /// Builds the program.
    pub(crate) fn build() -> Outcome<Self> {
        let arguments = [
            "build",
            "--release",
            "--package",
            "cli",
            "--bin",
            "athar",
            "--message-format",
            "json",
        ];
        eprintln!("building athar…");
        let messages = output(&mut cargo(&arguments))?;
        let path = String::from_utf8_lossy(&messages)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| message["target"]["name"] == "athar")
            .find_map(|message| message["executable"].as_str().map(PathBuf::from));
        path.map(|path| Self { path })
            .ok_or_else(|| Failure::new("cargo did not say where it put athar"))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Scans an image and exports what was found.
    ///
    /// # Errors
    /// The scan failed, be it that the image is of a kind that is not read.
    pub(crate) fn scan(&self, image: &Path) -> Outcome<Case> {
        match self.scan_if_read(image)? {
            Scanned::Case(case) => Ok(case),
            Scanned::NotRead(said) => Err(Failure::new(format!("{}: {said}", image.display()))),
        }
    }

    /// As [`Self::scan`], for an image of any kind.
    ///
    /// # Errors
    /// The scan failed, and not because the kind of the image is not read.
    pub(crate) fn scan_if_read(&self, image: &Path) -> Outcome<Scanned> {
        let lab = TempDir::new().when("temporary folder")?;
        let mut scan =
            program(&self.path, ["scan", "--json", "--quiet", "--case", "comparison"], lab.path());
        scan.arg("--lab").arg(lab.path().join("lab")).arg(image);
        let done = scan.output().when("athar scan")?;
        let exit = done.status.code().unwrap_or(-1);
        if !matches!(exit, 0 | 3) {
            // With --json the reason is in the answer about the item, with --quiet nowhere else.
            let said = [done.stdout, done.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            if let Some(why) = said.lines().find(|line| exit == 1 && line.contains(NOT_READ)) {
                return Ok(Scanned::NotRead(reason(why)));
            }
            return Err(Failure::new(format!(
                "athar scan {}: {}: {}",
                image.display(),
                done.status,
                said.trim()
            )));
        }
        let mut export =
            program(&self.path, ["export", "comparison", "--format", "jsonl"], lab.path());
        let exported =
            export.arg("--lab").arg(lab.path().join("lab")).output().when("athar export")?;
        // 3: the case is not complete, as the scan said.
        if !matches!(exported.status.code(), Some(0 | 3)) {
            let said = String::from_utf8_lossy(&exported.stderr);
            return Err(Failure::new(format!(
                "athar export: {}: {}",
                exported.status,
                said.trim()
            )));
        }
        let exported = exported.stdout;
        let path = lab.path().join("export.jsonl");
        std::fs::write(&path, exported).when(path.display())?;
        let report = json_lines(&done.stdout)?;
        Ok(Scanned::Case(Case { report, export: path, exit, _lab: lab }))
    }
}

/// Returns the reason that a line gives: the error of an answer, or the line.
fn reason(line: &str) -> String {
    let answer = serde_json::from_str::<Value>(line).ok();
    answer
        .and_then(|answer| Some(answer.get("error")?.as_str()?.to_owned()))
        .unwrap_or_else(|| line.trim().to_owned())
}

impl Case {
    /// The exported streams.
    pub(crate) fn streams(&self) -> Outcome<Vec<Value>> {
        json_lines(&std::fs::read(&self.export).when(self.export.display())?)
    }
}

fn json_lines(text: &[u8]) -> Outcome<Vec<Value>> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).when("a line of athar's JSON")).collect()
}
