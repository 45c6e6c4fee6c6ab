//! `cargo xtask fuzz`: runs the targets of `tools/fuzz` under libFuzzer, one after the other, and keeps account in its README.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::failure::{Attempt, Failure, Outcome};
use crate::process::{exists, output, program, say_and_run};
use crate::targets::Targets;
use crate::workspace::root;

/// An input that takes longer, in seconds, is a finding.
const MOST_SECONDS: u32 = 10;
/// An input for which the target needs more memory, in MiB, is a finding.
const MOST_MEMORY: u32 = 512;
/// Bytes of an input at most: 200 sectors of an image.
const MOST_BYTES: u32 = 110_000;
/// Where the table stands in the README.
const TABLE: [&str; 2] = ["<!-- table: cargo xtask fuzz -->", "<!-- end of the table -->"];

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Targets; see --list
    targets: Vec<String>,
    /// All targets
    #[arg(long, conflicts_with = "targets")]
    all: bool,
    /// Name the targets
    #[arg(long)]
    list: bool,
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// As `cargo fuzz` takes it: `none` is twice as fast, `address` watches the unsafe code of decoders that are not ours
    #[arg(long, default_value = "none")]
    sanitizer: String,
    /// Only write the table again
    #[arg(long, conflicts_with_all = ["targets", "all"])]
    table: bool,
}

/// The account of a target.
#[derive(Clone, Debug, Default, PartialEq)]
struct Account {
    core_seconds: f64,
    executions: u64,
    /// Edges that were reached at most.
    coverage: u64,
    findings: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let folder = root().join("tools/fuzz");
    if arguments.table {
        write_table(&folder, &accounts(&folder)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let known = names()?;
    if arguments.list || (!arguments.all && arguments.targets.is_empty()) {
        known.iter().for_each(|name| println!("{name}"));
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = if arguments.all { known.clone() } else { arguments.targets.clone() };
    if let Some(other) = chosen.iter().find(|name| !known.contains(name)) {
        return Err(Failure::new(format!(
            "there is no target {other}; cargo xtask fuzz --list names them"
        )));
    }
    let built = build(&folder, arguments, &chosen)?;
    let mut failed = false;
    for name in &chosen {
        let account = one(&folder, &built, name, arguments.seconds)?;
        println!(
            "{name}: {:.0} core-seconds, {} inputs, {} edges, {} findings",
            account.core_seconds, account.executions, account.coverage, account.findings
        );
        failed |= account.findings > 0;
        add(&folder, name, &account)?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn names() -> Outcome<Vec<String>> {
    let listed = output(&mut program(Targets::build()?.path, ["list"], &root()))?;
    Ok(String::from_utf8_lossy(&listed).lines().map(str::to_owned).collect())
}

fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Builds the targets with the nightly compiler, which libFuzzer's instrumentation needs; gives the folder of the programs.
fn build(folder: &Path, arguments: &Arguments, chosen: &[String]) -> Outcome<PathBuf> {
    if !exists("cargo-fuzz") {
        return Err(Failure::new("cargo-fuzz is missing: cargo install cargo-fuzz --locked"));
    }
    let built = target_folder().join("fuzz");
    let mut command = program("cargo", ["+nightly", "fuzz", "build", "--fuzz-dir"], &root());
    command.arg(folder).args(["--sanitizer", &arguments.sanitizer, "--target-dir"]).arg(&built);
    if let [one] = chosen {
        command.arg(one);
    }
    if !say_and_run(&mut command)?.success() {
        return Err(Failure::new("the targets cannot be built; is the nightly toolchain there?"));
    }
    Ok(built.join("x86_64-unknown-linux-gnu/release"))
}

/// Runs a target; what it found lies in `fuzz-artifacts` of the target folder, what it learned in `fuzz-corpus`.
fn one(folder: &Path, built: &Path, name: &str, seconds: u64) -> Outcome<Account> {
    let learned = target_folder().join("fuzz-corpus").join(name);
    let found = target_folder().join("fuzz-artifacts").join(name);
    for made in [&learned, &found] {
        std::fs::create_dir_all(made).when(made.display())?;
    }
    let before = count(&found);
    let mut command = Command::new("sh");
    // `times` tells the processor time of what the shell ran, whatever else the machine did.
    command.arg("-c").arg("nice -n 19 \"$0\" \"$@\"; times").arg(built.join(name));
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-timeout={MOST_SECONDS}"));
    command.arg(format!("-rss_limit_mb={MOST_MEMORY}")).arg(format!("-max_len={MOST_BYTES}"));
    command.arg(format!("-artifact_prefix={}/", found.display())).arg("-print_final_stats=1");
    command.arg(&learned);
    for kept in ["corpus", "regressions"].map(|kind| folder.join(kind).join(name)) {
        if kept.is_dir() {
            command.arg(kept);
        }
    }
    let done = command.stdin(Stdio::null()).output().when(name)?;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    let mut account = account(&said, &String::from_utf8_lossy(&done.stdout));
    account.findings = count(&found).saturating_sub(before);
    if account.findings > 0 {
        println!("{name}: see {}", found.display());
    }
    Ok(account)
}

fn count(folder: &Path) -> u64 {
    std::fs::read_dir(folder).map_or(0, |entries| u64::try_from(entries.count()).unwrap_or(0))
}

/// What libFuzzer and `times` said.
fn account(fuzzer: &str, times: &str) -> Account {
    let after = |line: &str, mark: &str| -> Option<u64> {
        line.split_once(mark)?.1.split_whitespace().next()?.parse().ok()
    };
    let last = |mark: &str| fuzzer.lines().rev().find_map(|line| after(line, mark)).unwrap_or(0);
    let core_seconds =
        times.lines().last().unwrap_or_default().split_whitespace().filter_map(seconds).sum();
    Account {
        core_seconds,
        executions: last("stat::number_of_executed_units:"),
        coverage: last(" cov: "),
        findings: 0,
    }
}

/// Seconds of a text like `1m2.34s`.
fn seconds(text: &str) -> Option<f64> {
    let (minutes, seconds) = text.strip_suffix('s')?.split_once('m')?;
    Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
}

fn accounts(folder: &Path) -> Outcome<BTreeMap<String, Account>> {
    let path = folder.join("runs.tsv");
    let text = if path.exists() {
        std::fs::read_to_string(&path).when(path.display())?
    } else {
        String::new()
    };
    let line = |line: &str| -> Option<(String, Account)> {
        let [name, core, executions, coverage, findings] =
            line.split('\t').collect::<Vec<_>>().try_into().ok()?;
        let account = Account {
            core_seconds: core.parse().ok()?,
            executions: executions.parse().ok()?,
            coverage: coverage.parse().ok()?,
            findings: findings.parse().ok()?,
        };
        Some((name.to_owned(), account))
    };
    Ok(text.lines().filter_map(line).collect())
}

/// Adds to what earlier runs did, and writes the table.
fn add(folder: &Path, name: &str, run: &Account) -> Outcome<()> {
    let mut all = accounts(folder)?;
    let account = all.entry(name.to_owned()).or_default();
    account.core_seconds += run.core_seconds;
    account.executions += run.executions;
    account.coverage = account.coverage.max(run.coverage);
    account.findings += run.findings;
    let lines = all.iter().map(|(name, account)| {
        let Account { core_seconds, executions, coverage, findings } = account;
        format!("{name}\t{core_seconds:.1}\t{executions}\t{coverage}\t{findings}\n")
    });
    let path = folder.join("runs.tsv");
    std::fs::write(&path, lines.collect::<String>()).when(path.display())?;
    write_table(folder, &all)
}

fn write_table(folder: &Path, all: &BTreeMap<String, Account>) -> Outcome<()> {
    let path = folder.join("README.md");
    let text = std::fs::read_to_string(&path).when(path.display())?;
    let parts = text
        .split_once(TABLE[0])
        .and_then(|(head, rest)| Some((head, rest.split_once(TABLE[1])?.1)));
    let (head, tail) =
        parts.ok_or_else(|| Failure::new(format!("{}: no place for the table", path.display())))?;
    let mut table =
        "| target | core-seconds | inputs | edges | findings |\n| --- | ---: | ---: | ---: | ---: |\n"
            .to_owned();
    for (name, account) in all {
        let Account { core_seconds, executions, coverage, findings } = account;
        table +=
            &format!("| {name} | {core_seconds:.0} | {executions} | {coverage} | {findings} |\n");
    }
    let core_seconds: f64 = all.values().map(|account| account.core_seconds).sum();
    let executions: u64 = all.values().map(|account| account.executions).sum();
    table += &format!(
        "| **all** | {core_seconds:.0} ({:.2} core-hours) | {executions} | | |\n",
        core_seconds / 3600.0
    );
    std::fs::write(&path, format!("{head}{}\n\n{table}\n{}{tail}", TABLE[0], TABLE[1]))
        .when(path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_read_from_what_the_programs_say() {
        let fuzzer = "#2\tINITED cov: 12 ft: 13 corp: 1/1b\n#9\tNEW    cov: 99 ft: 100 corp: 2/2b\n\
            stat::number_of_executed_units: 12345\n";
        let account = account(fuzzer, "0m0.00s 0m0.01s\n1m2.50s 0m0.50s\n");
        assert_eq!(
            account,
            Account { core_seconds: 63.0, executions: 12345, coverage: 99, findings: 0 }
        );
    }
}
