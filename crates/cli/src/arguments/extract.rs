//! The words of `athar extract`.

use std::path::PathBuf;

use clap::Args;

use super::filter::PATTERNS;
use super::{FilterArguments, OrderArguments};

pub(super) const EXTRACT_HELP: &str = "\
Files come into a folder of the case's name, each with the number of its entry in front of a name that Windows and Linux take. manifest.csv and \
manifest.jsonl name the original of each, where it lies, its digests as indexed and as written. What is not whole is marked: .PARTIAL has zeros in the \
place of what cannot be read, .DIFFERENT is not what was scanned. Nothing is written over what is there: the same command again goes on, and writes a \
further manifest. Folder and files are for their owner alone. The case's ledger says what left it, and the digests of the manifests.
Exit codes: 0 all that matches is there as indexed, 3 something is partial, different or unread, or the case is not complete, 1 the folder cannot be \
written, 2 wrong usage.";

/// Examples, and how patterns are read.
pub(super) fn extract_long_help() -> String {
    format!("{EXTRACT_HELP}\n\n{PATTERNS}")
}

#[derive(Args, Debug)]
pub(crate) struct Extract {
    /// The case
    #[arg(required_unless_present = "all_cases", conflicts_with = "all_cases")]
    pub(crate) case: Option<String>,
    /// From all cases of the lab
    #[arg(long)]
    pub(crate) all_cases: bool,
    /// The folder to write into; made if new
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: PathBuf,
    /// Where the evidence is now, if it was moved: a file, or a folder that holds it. What has another name is found by size and digest
    #[arg(long, value_name = "PATH")]
    pub(crate) at: Option<PathBuf>,
    /// Why; goes into the ledger
    #[arg(long, value_name = "TEXT", default_value = "asked for on the command line")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) filter: FilterArguments,
    #[command(flatten)]
    pub(crate) order: OrderArguments,
}
