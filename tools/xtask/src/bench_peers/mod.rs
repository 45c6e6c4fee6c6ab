//! `cargo xtask bench-peers`: whole processes side by side on the same images, in turns.

mod contender;
mod extracted_files;
mod figures;
mod goals;
pub(crate) mod images;
mod machine;
mod measured_run;
mod mounted;
mod page_cache;
mod random;
mod report;
mod side_by_side;
mod subject;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::athar::Athar;
use crate::failure::{Attempt, Outcome};
use crate::workspace::root;
use goals::{Goal, goals};
use machine::{machine, today, versions, warn_when_busy};
use report::{command_table, comparison_table, goal_table};
use side_by_side::{Plan, SideBySide, hold};
use subject::subjects;

/// Shown by `--help`.
pub(crate) const NOTES: &str = "\
Compared with `athar scan` (a new lab each run): fiwalk -X, tsk_loaddb -h, hashdeep over the files, openssl dgst -sha256, sha256sum, b3sum, and
for E01 images ewfverify. What is missing is named and skipped. Each program runs once a turn; one that needs more than 15 s has one turn only.

As root, caches are dropped as a whole before each cold run and ext images are mounted read-only for hashdeep; else only the image's own
pages are dropped, and the files are copied by tsk_recover. Let nothing else run, and trust ratios, not seconds.";

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Images, or folders of images (`cargo xtask bench-images DIR` makes some)
    #[arg(required = true, value_name = "IMAGE|FOLDER")]
    images: Vec<PathBuf>,
    /// Turns
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=99))]
    runs: u16,
    /// One turn more with dropped caches, and bytes read from the device
    #[arg(long)]
    cold: bool,
    /// Threads of athar
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: u16,
    /// Write the tables to benches/RESULTS.md
    #[arg(long)]
    write: bool,
    /// End a program after so many seconds
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    most: u64,
    /// Folder for what the programs write; it needs some gigabytes [default: the system's temporary folder]
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Measure this program instead of building athar for release
    #[arg(long, value_name = "FILE")]
    athar: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let subjects = subjects(&arguments.images)?;
    let athar = match &arguments.athar {
        Some(path) => path.canonicalize().when(path.display())?,
        None => Athar::build()?.path().to_owned(),
    };
    let scratch = arguments.scratch.clone().unwrap_or_else(std::env::temp_dir);
    let scratch = scratch.canonicalize().when(scratch.display())?;
    let plan = Plan {
        athar: &athar,
        threads: arguments.threads,
        runs: usize::from(arguments.runs),
        cold: arguments.cold,
        most: Duration::from_secs(arguments.most),
        scratch: &scratch,
    };
    let machine = machine();
    warn_when_busy();
    let versions = versions(&athar);
    let mut comparisons = Vec::new();
    for subject in subjects {
        let comparison = hold(subject, &plan)?;
        println!("\n{}", comparison_table(&comparison));
        comparisons.push(comparison);
        if arguments.write {
            // After each image: what was measured is there even when the rest is given up.
            let path = root().join("benches/RESULTS.md");
            std::fs::write(&path, results(arguments, &machine, &versions, &comparisons))
                .when(path.display())?;
            println!("written: {}", path.display());
        }
    }
    println!("{}", goal_table(&all_goals(&comparisons)));
    Ok(ExitCode::SUCCESS)
}

fn all_goals(comparisons: &[SideBySide]) -> Vec<Goal> {
    comparisons.iter().flat_map(goals).collect()
}

/// The text of `benches/RESULTS.md`.
fn results(
    arguments: &Arguments,
    machine: &[String],
    versions: &[String],
    comparisons: &[SideBySide],
) -> String {
    let runs = arguments.runs;
    let cold = if arguments.cold { " --cold" } else { "" };
    let list =
        |lines: &[String]| lines.iter().map(|line| format!("- {line}\n")).collect::<String>();
    let mut text = format!(
        "# Results\n\nMeasured on {} by `cargo xtask bench-peers DIR --runs {runs}{cold} --write`, on images that `cargo xtask bench-images DIR` made: whole processes, \
         in turns, warm; `cold` is one run more with dropped caches. Medians; athar with {} threads. `own` memory is without pages of mapped files. \
         Read the ratios: seconds differ from machine to machine.\n\n{}\n",
        today(),
        arguments.threads,
        list(machine)
    );
    text.push_str(&format!(
        "## To reach\n\n{}\n## Measured\n\n",
        goal_table(&all_goals(comparisons))
    ));
    for comparison in comparisons {
        text.push_str(&format!("{}\n", comparison_table(comparison)));
    }
    text.push_str("## Commands\n\n");
    // What one raw and one compressed image were given, all others were given too.
    let raw = comparisons.iter().find(|comparison| !comparison.subject.coded);
    let coded = comparisons.iter().find(|comparison| comparison.subject.coded);
    for comparison in raw.into_iter().chain(coded) {
        text.push_str(&format!("{}\n", command_table(comparison)));
    }
    text.push_str(&format!("## Versions\n\n{}", list(versions)));
    text
}
