//! `cargo xtask layers`: the rules of the house that no compiler holds.

mod counts;
mod crate_roots;
mod dependencies;
mod entry_fields;
mod file_lengths;
mod file_names;
mod store_interface;
mod traces;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::failure::{Attempt, Outcome};
use crate::workspace::{files, root};

/// What a rule found: faults fail, remarks are only printed.
#[derive(Debug, Default)]
struct Findings {
    faults: Vec<String>,
    remarks: Vec<String>,
}

/// A file of the project that is text.
struct TextFile {
    /// Relative to the workspace's root.
    path: PathBuf,
    text: String,
}

impl TextFile {
    fn is_rust(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "rs")
    }
}

pub(crate) fn run() -> Outcome<ExitCode> {
    let root = root();
    let paths = files(&root)?;
    let texts = read_texts(&root, &paths)?;
    let mut findings = Findings::default();
    dependencies::check(&root, &mut findings)?;
    crate_roots::check(&root, &texts, &mut findings)?;
    entry_fields::check(&texts, &mut findings);
    file_names::check(&paths, &mut findings);
    store_interface::check(&texts, &mut findings);
    file_lengths::check(&texts, &mut findings);
    traces::check(&texts, &mut findings);
    words::check(&texts, &mut findings);
    counts::check(&texts, &mut findings);
    findings.remarks.iter().for_each(|remark| println!("remark: {remark}"));
    findings.faults.iter().for_each(|fault| println!("FAULT: {fault}"));
    println!(
        "{} files, {} remarks, {} faults",
        paths.len(),
        findings.remarks.len(),
        findings.faults.len()
    );
    Ok(if findings.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The files that are UTF-8 text; others are images and vectors.
fn read_texts(root: &std::path::Path, paths: &[PathBuf]) -> Outcome<Vec<TextFile>> {
    let mut texts = Vec::new();
    for path in paths {
        let bytes = std::fs::read(root.join(path)).when(path.display())?;
        if let Ok(text) = String::from_utf8(bytes) {
            texts.push(TextFile { path: path.clone(), text });
        }
    }
    Ok(texts)
}

/// The crates' folders below `crates/`, sorted by name.
fn crates(root: &std::path::Path) -> Outcome<Vec<(String, PathBuf)>> {
    let mut crates = Vec::new();
    for entry in std::fs::read_dir(root.join("crates")).when("crates")? {
        let entry = entry.when("crates")?;
        if entry.path().join("Cargo.toml").is_file() {
            crates.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
    }
    crates.sort();
    Ok(crates)
}
