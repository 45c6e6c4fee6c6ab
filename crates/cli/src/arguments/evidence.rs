//! The words of `athar evidence`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Evidence {
    /// Read media again, compare their digests with those of the scan, and record the result
    #[command(
        after_help = "Exit codes: 0 everything was read and agrees, 3 something is damaged, missing or does not agree, 1 nothing could be checked."
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
    /// Where the images are now, for those that were moved: a file, or a folder that holds files of the same names
    #[arg(long, value_name = "PATH")]
    pub(crate) at: Option<PathBuf>,
}
