#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod check;
mod failure;
mod layers;
mod process;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Outcome;

/// Automation of athar's workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Install the independent programs that tests use, then run all tests
    Test(test::Arguments),
    /// Format, lints, documentation, layers, licences and advisories of dependencies
    Check,
    /// The rules of the house: layers, unsafe code, names and lengths of files
    Layers,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Outcome<ExitCode> {
    match command {
        Command::Test(arguments) => test::run(arguments),
        Command::Check => check::run(),
        Command::Layers => layers::run(),
    }
}
