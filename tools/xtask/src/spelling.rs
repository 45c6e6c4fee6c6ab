//! The spelling of code and texts, by the program `typos` with `.typos.toml`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Outcome;
use crate::process::{exists, say_and_run};
use crate::workspace::root;

/// The version that is installed from PyPI. Another version knows other words.
const VERSION: &str = "1.52.0";

/// Returns whether all words are known, or the reason why `typos` could not be run.
pub(crate) fn check() -> Outcome<Result<bool, String>> {
    let root = root();
    let Some(typos) = installed(&root)? else {
        return Ok(Err(format!(
            "pip3 could not install typos {VERSION}; install it and run this again"
        )));
    };
    let found = say_and_run(Command::new(typos).arg("--format").arg("brief").current_dir(&root))?;
    Ok(Ok(found.success()))
}

/// Returns where `typos` is. Installs it below `target` when it is missing.
fn installed(root: &Path) -> Outcome<Option<PathBuf>> {
    let folder = root.join("target/typos").join(VERSION);
    let typos = folder.join("bin/typos");
    if typos.is_file() {
        return Ok(Some(typos));
    }
    if !exists("pip3") {
        return Ok(None);
    }
    let mut install = Command::new("pip3");
    install.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target"]);
    install.arg(&folder).arg(format!("typos=={VERSION}"));
    Ok(say_and_run(&mut install)?.success().then_some(typos).filter(|path| path.is_file()))
}
