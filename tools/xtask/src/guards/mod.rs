//! `cargo xtask guards`: the shape of the code, measured and bounded.
//!
//! Each guard measures one thing. Its bound is a rule (circles of files: none) or stands in `tools/xtask/bounds.toml`: a measured number that
//! may fall and never rises.

mod bounds;
mod circles;
mod duplicates;
mod function_sizes;
mod lines;
mod module_graph;
mod sources;
mod words;

use std::process::ExitCode;

use self::bounds::Bounds;
use crate::failure::Outcome;
use crate::workspace::root;

/// What guards found.
#[derive(Debug, Default)]
struct Findings {
    faults: Vec<String>,
    remarks: Vec<String>,
}

/// What to do with what was measured.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Arguments {
    /// Write what was measured as the bounds from now on: the difference shows what rose
    #[arg(long)]
    record: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let root = root();
    let sources = sources::read(&root)?;
    let bounds = Bounds::read(&root)?;
    let mut findings = Findings::default();
    circles::check(&sources, &bounds, &mut findings);
    function_sizes::check(&sources, &bounds, &mut findings);
    lines::check(&sources, &bounds, &mut findings);
    words::check(&sources, &bounds, &mut findings);
    duplicates::check(&bounds, &mut findings)?;
    if arguments.record {
        bounds.record(&root)?;
        println!("{} files measured, bounds recorded", sources.len());
        return Ok(ExitCode::SUCCESS);
    }
    findings.remarks.iter().for_each(|remark| println!("remark: {remark}"));
    findings.faults.iter().for_each(|fault| println!("FAULT: {fault}"));
    println!(
        "{} files, {} remarks, {} faults",
        sources.len(),
        findings.remarks.len(),
        findings.faults.len()
    );
    Ok(if findings.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
