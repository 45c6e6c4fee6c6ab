//! The words of `athar evidence`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Evidence {
    /// Read media again, compare their digests with those of the scan, and record the result
    #[command(
        after_help = "Exit codes: 0 everything was read and agrees, 1 a medium is different or damaged (its case then says so), or no case could be opened, 2 no such case, 3 a medium was not found, or an item cannot be compared (a container of files alone, a scan without an end)."
    )]
    Verify(VerifyEvidence),
}

#[derive(Args, Debug)]
pub(crate) struct VerifyEvidence {
    /// The cases
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "CASE")]
    pub(crate) cases: Vec<String>,
    /// All cases of the lab
    #[arg(long)]
    pub(crate) all: bool,
    /// Only media that were last read longer ago than this: 90d, 12h
    #[arg(long, value_name = "AGE", value_parser = crate::quantities::age)]
    pub(crate) older_than: Option<i64>,
    /// Where the evidence is now, if it was moved: a file, or a folder that holds it. What has another name is found by size and digest
    #[arg(long, value_name = "PATH")]
    pub(crate) at: Option<PathBuf>,
}
