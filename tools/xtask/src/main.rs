#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod athar;
mod bench_peers;
mod check;
mod churn;
mod compare;
mod extents;
mod failure;
mod fixtures;
mod fuzz;
mod guards;
mod judgement;
mod layers;
mod mutate;
mod process;
mod release;
mod sbom;
mod spelling;
mod targets;
mod test;
mod torture;
mod truth;
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
    /// The shape of the code: circles of files, sizes of functions, words, duplicate crates
    Guards(guards::Arguments),
    /// Make the images of testdata/ anew and compare them with the recorded digests
    Fixtures(fixtures::Arguments),
    /// Compare what athar finds in an image with The Sleuth Kit and dissect
    #[command(after_help = compare::KNOWN_FAULTS)]
    Compare(compare::Arguments),
    /// Run the fuzz targets, and keep account of it in tools/fuzz/README.md
    Fuzz(fuzz::Arguments),
    /// Change real images as a hostile person would, and demand that nothing breaks or is lost silently
    Mutate(mutate::Arguments),
    /// Fill small disks with random ordinary operations, and compare a scan with what their drivers say (as root)
    Churn(churn::Arguments),
    /// Let the storage fail, lose the power, kill scans, and look for what was lost; figures in tools/faults/README.md
    Torture(torture::Arguments),
    /// List everything that is built into athar (CycloneDX)
    Sbom(sbom::Arguments),
    /// Build the program to hand out, with its list of components and digests; the same commit gives the same bytes
    Release(release::Arguments),
    /// Compare what athar finds in the shared evidence with the recorded answers
    Truth(truth::Arguments),
    /// Hash the exported extents of the shared evidence with an independent script
    Extents(extents::Arguments),
    /// Make images to measure on (as root; 6 GB)
    BenchImages(bench_peers::images::Arguments),
    /// Measure athar and its peers side by side: time, memory, bytes read
    #[command(after_help = bench_peers::NOTES)]
    BenchPeers(bench_peers::Arguments),
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
        Command::Guards(arguments) => guards::run(arguments),
        Command::Fixtures(arguments) => fixtures::run(arguments),
        Command::Compare(arguments) => compare::run(arguments),
        Command::Fuzz(arguments) => fuzz::run(arguments),
        Command::Mutate(arguments) => mutate::run(arguments),
        Command::Churn(arguments) => churn::run(arguments),
        Command::Torture(arguments) => torture::run(arguments),
        Command::Sbom(arguments) => sbom::run(arguments),
        Command::Release(arguments) => release::run(arguments),
        Command::Truth(arguments) => truth::run(arguments),
        Command::Extents(arguments) => extents::run(arguments),
        Command::BenchImages(arguments) => bench_peers::images::run(arguments),
        Command::BenchPeers(arguments) => bench_peers::run(arguments),
    }
}
