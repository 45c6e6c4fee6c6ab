//! `cargo xtask torture`: what the gate runs in a small form, in full. The figures go into `tools/faults/README.md`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use faults::{
    FaultKind, Figures, Program, SCENARIOS, failed_sync_and_power_loss, fault_points, kills,
    power_loss,
};
use serde_json::Value;

use crate::failure::{Attempt, Failure, Outcome};
use crate::process::{exit_code, output, say_and_run};
use crate::workspace::{cargo, root};

/// What was wrong is shown so often at most.
const MOST_SHOWN: usize = 100;

/// Without a choice: everything.
#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Let every call that writes fail in turn
    #[arg(long)]
    faults: bool,
    /// Lose the power at every call of a day's work
    #[arg(long)]
    power_loss: bool,
    /// Kill scans at so many moments [default: 200 with everything else]
    #[arg(long, value_name = "N")]
    kills: Option<usize>,
    /// Kill the writing of ledger entries so often, by the clock
    #[arg(long, value_name = "N")]
    custody: Option<u32>,
    /// Only scenarios whose name contains this
    #[arg(long, value_name = "TEXT", requires = "faults")]
    only: Option<String>,
    /// Only each N-th call; the figures say so
    #[arg(long, default_value_t = 1, value_name = "N")]
    stride: usize,
    /// Draws the moments
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    if let Some(count) = arguments.custody {
        return custody(count);
    }
    let program = Program::new(&build()?).when("the failing storage")?;
    let all = !arguments.faults && !arguments.power_loss && arguments.kills.is_none();
    let mut wrong = 0;
    if all || arguments.faults {
        let figures = each_fault(&program, arguments)?;
        wrong += report(arguments, "faults", &figures, "fault", Some("done all the same"))?;
    }
    if all || arguments.power_loss {
        let mut figures =
            power_loss(&program, arguments.stride, arguments.seed).when("power loss")?;
        figures
            .extend(failed_sync_and_power_loss(&program, arguments.stride).when("failed syncs")?);
        wrong += report(arguments, "power-loss", &figures, "what the disk loses", None)?;
    }
    if let Some(count) = arguments.kills.or(all.then_some(200)) {
        let figures = kills(&program, count, arguments.seed).when("kills")?;
        wrong += report(arguments, "kills", &figures, "killed", Some("over before its moment"))?;
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn each_fault(program: &Program, arguments: &Arguments) -> Outcome<Figures> {
    let mut figures = Figures::default();
    let only = arguments.only.as_deref().unwrap_or_default();
    for scenario in SCENARIOS.iter().filter(|scenario| scenario.name.contains(only)) {
        let clock = Instant::now();
        let found = fault_points(program, scenario, &FaultKind::ERRORS, arguments.stride)
            .when(scenario.name)?;
        let tried = found.tried();
        let wrong = found.wrong().len();
        println!(
            "{}: {tried} faults, {wrong} wrong, {} s",
            scenario.name,
            clock.elapsed().as_secs()
        );
        figures.extend(found);
    }
    Ok(figures)
}

/// Prints the figures, and writes them where they belong when the campaign was whole.
fn report(
    arguments: &Arguments,
    name: &str,
    figures: &Figures,
    what: &str,
    well: Option<&str>,
) -> Outcome<usize> {
    let wrong = figures.wrong();
    for text in wrong.iter().take(MOST_SHOWN) {
        println!("WRONG {text}");
    }
    let table = figures.table(what, well, name == "faults");
    println!("{table}");
    if arguments.only.is_none() {
        let part = match (arguments.stride, name) {
            (1, _) | (_, "kills") => String::new(),
            (stride, _) => format!("Each {stride}th call only (`--stride {stride}`):\n\n"),
        };
        write_table(&root().join("tools/faults/README.md"), name, &(part + &table))?;
    }
    Ok(wrong.len())
}

fn write_table(path: &Path, name: &str, table: &str) -> Outcome<()> {
    let text = std::fs::read_to_string(path).when(path.display())?;
    let start = format!("<!-- table: cargo xtask torture, {name} -->");
    let end = "<!-- end of the table -->";
    let parts =
        text.split_once(&start).and_then(|(head, rest)| Some((head, rest.split_once(end)?.1)));
    let (head, tail) =
        parts.ok_or_else(|| Failure::new(format!("{}: no place for the table", path.display())))?;
    std::fs::write(path, format!("{head}{start}\n\n{table}\n{end}{tail}")).when(path.display())
}

/// Builds athar as tests are built: with overflow checks and debug assertions.
fn build() -> Outcome<PathBuf> {
    eprintln!("building athar…");
    let messages = output(&mut cargo(&[
        "build",
        "--package",
        "cli",
        "--bin",
        "athar",
        "--message-format",
        "json",
    ]))?;
    let path = String::from_utf8_lossy(&messages)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "athar")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    path.ok_or_else(|| Failure::new("cargo did not say where it put athar"))
}

/// The custody ledger: `kill -9` by the clock while entries are written.
fn custody(count: u32) -> Outcome<ExitCode> {
    let mut command = cargo(&[
        "test",
        "--package",
        "cli",
        "--test",
        "end_to_end",
        "custody_kill",
        "--",
        "--nocapture",
    ]);
    command.env("ATHAR_KILLS", count.to_string());
    Ok(exit_code(say_and_run(&mut command)?))
}
