//! `cargo xtask torture`: tests of which the gate runs a small form, in full.

use std::process::ExitCode;

use crate::failure::Outcome;
use crate::process::{exit_code, say_and_run};
use crate::workspace::cargo;

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// What is tortured
    #[arg(value_enum)]
    what: What,
    /// How often
    #[arg(long, default_value_t = 100, value_name = "N")]
    count: u32,
}

/// What can be tortured.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum What {
    /// The custody ledger: `kill -9` while entries are written
    Custody,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let What::Custody = arguments.what;
    let mut command =
        cargo(&["test", "--package", "cli", "--test", "end_to_end", "custody_kill", "--", "--nocapture"]);
    command.env("ATHAR_KILLS", arguments.count.to_string());
    Ok(exit_code(say_and_run(&mut command)?))
}
