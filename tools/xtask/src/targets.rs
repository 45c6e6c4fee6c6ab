//! The program of `tools/fuzz/targets`.

use std::path::PathBuf;

use serde_json::Value;

use crate::failure::{Failure, Outcome};
use crate::process::output;
use crate::workspace::cargo;

/// The built program.
pub(crate) struct Targets {
    /// Where it is.
    pub(crate) path: PathBuf,
}

impl Targets {
    /// Builds it as tests are built: with overflow checks and debug assertions.
    pub(crate) fn build() -> Outcome<Self> {
        eprintln!("building fuzz-targets…");
        let messages = output(&mut cargo(&[
            "build",
            "--package",
            "fuzz-targets",
            "--bin",
            "fuzz-targets",
            "--message-format",
            "json",
        ]))?;
        let path = String::from_utf8_lossy(&messages)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find_map(|message| message["executable"].as_str().map(PathBuf::from));
        path.map(|path| Self { path })
            .ok_or_else(|| Failure::new("cargo did not say where it put fuzz-targets"))
    }
}
