//! What athar says of a disk.

use std::path::{Path, PathBuf};
use std::process::Command;

use faults::{Attempt, Outcome};
use serde_json::Value;
use tempfile::TempDir;

use crate::watch::{Ended, run};

/// A scan with its report and its export.
pub(crate) struct Scan {
    pub(crate) ended: Ended,
    /// The image's part of the report; null when there is none.
    pub(crate) report: Value,
    /// A row a stream or name.
    pub(crate) rows: Vec<Value>,
    /// How the export ended.
    pub(crate) export_code: Option<i32>,
}

/// A lab that vanishes.
pub(crate) struct Lab<'a> {
    athar: &'a Path,
    folder: TempDir,
}

impl<'a> Lab<'a> {
    pub(crate) fn new(athar: &'a Path) -> Outcome<Self> {
        Ok(Self { athar, folder: crate::disk::scratch()? })
    }

    /// Runs athar in this lab.
    pub(crate) fn athar(&self, arguments: &[&str], image: Option<&Path>) -> Outcome<Ended> {
        let mut command = Command::new(self.athar);
        command.arg("--lab").arg(self.lab()).args(arguments).args(image);
        run(command, self.folder.path())
    }

    fn lab(&self) -> PathBuf {
        self.folder.path().join("lab")
    }

    /// Scans an image and exports what was found.
    pub(crate) fn scan(&self, image: &Path) -> Outcome<Scan> {
        let ended = self.athar(&["scan", "--case", "c", "--quiet", "--json"], Some(image))?;
        let report = lines(&ended.output)?.into_iter().find(|line| line.get("volumes").is_some());
        let mut scan =
            Scan { ended, report: report.unwrap_or_default(), rows: Vec::new(), export_code: None };
        if scan.ended.hang.is_none() {
            let exported = self.athar(&["export", "c", "--format", "jsonl", "--quiet"], None)?;
            scan.export_code = exported.code;
            scan.rows = lines(&exported.output)?;
        }
        Ok(scan)
    }

    /// Returns the digest of the case's index.
    pub(crate) fn index_digest(&self) -> Outcome<Vec<u8>> {
        Ok(self.athar(&["case", "digest", "c"], None)?.output)
    }
}

fn lines(text: &[u8]) -> Outcome<Vec<Value>> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).when("a line of athar's JSON")).collect()
}
