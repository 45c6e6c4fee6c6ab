//! `cargo xtask check`: everything but the tests. All checks run; what failed is named at the end.

use std::process::{Command, ExitCode};

use serde_json::Value;

use crate::failure::{Attempt, Failure, Outcome};
use crate::guards;
use crate::layers;
use crate::process::{exists, say_and_run};
use crate::spelling;
use crate::workspace::cargo;

/// How a check ends.
enum Verdict {
    Passed,
    Failed,
    /// It could not be made here; why.
    NotMade(String),
}

type Check = fn() -> Outcome<Verdict>;

pub(crate) fn run() -> Outcome<ExitCode> {
    let checks: [(&str, Check); 8] = [
        ("format", || succeeds(&mut cargo(&["fmt", "--all", "--check"]))),
        ("lints", || {
            succeeds(&mut cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--quiet",
                "--",
                "-D",
                "warnings",
            ]))
        }),
        ("documentation", documentation),
        ("layers", || Ok(verdict(layers::run()? == ExitCode::SUCCESS))),
        ("guards", || {
            Ok(verdict(guards::run(&guards::Arguments::default())? == ExitCode::SUCCESS))
        }),
        ("spelling", spelling),
        ("dependencies", dependencies),
        ("advisories", advisories),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        match check() {
            Ok(Verdict::Passed) => println!("{name}: ok"),
            Ok(Verdict::NotMade(why)) => println!("{name}: NOT CHECKED: {why}"),
            Ok(Verdict::Failed) => failed.push(name),
            Err(failure) => {
                eprintln!("{name}: {failure}");
                failed.push(name);
            }
        }
    }
    match failed.is_empty() {
        true => Ok(ExitCode::SUCCESS),
        false => Err(Failure::new(format!("check: failed: {}", failed.join(", ")))),
    }
}

fn verdict(passed: bool) -> Verdict {
    if passed { Verdict::Passed } else { Verdict::Failed }
}

fn succeeds(command: &mut Command) -> Outcome<Verdict> {
    Ok(verdict(say_and_run(command)?.success()))
}

fn spelling() -> Outcome<Verdict> {
    Ok(spelling::check()?.map_or_else(Verdict::NotMade, verdict))
}

fn documentation() -> Outcome<Verdict> {
    succeeds(
        cargo(&["doc", "--no-deps", "--workspace", "--document-private-items", "--quiet"])
            .env("RUSTDOCFLAGS", "-Dwarnings"),
    )
}

/// Licences, registries and sources of dependencies, by `.deny.toml`.
fn dependencies() -> Outcome<Verdict> {
    if !exists("cargo-deny") {
        println!("cargo-deny is missing and is installed now; that takes some minutes");
        if !say_and_run(&mut cargo(&["install", "cargo-deny", "--locked", "--quiet"]))?.success() {
            return Err(Failure::new("cargo-deny could not be installed"));
        }
    }
    succeeds(&mut cargo(&[
        "deny",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))
}

/// Known faults of dependencies. Without the network there is no database to look into: said, but no failure.
fn advisories() -> Outcome<Verdict> {
    let mut command = cargo(&["deny", "--format", "json", "check", "advisories"]);
    let done = command.output().when("cargo deny check advisories")?;
    if done.status.success() {
        return Ok(Verdict::Passed);
    }
    let said = String::from_utf8_lossy(&done.stderr);
    match judge_advisories(&said) {
        Advisories::NoDatabase(why) => Ok(Verdict::NotMade(why)),
        Advisories::Found(messages) => {
            messages.iter().for_each(|message| println!("{message}"));
            Ok(Verdict::Failed)
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Advisories {
    NoDatabase(String),
    Found(Vec<String>),
}

/// Reads cargo-deny's JSON Lines: log lines and diagnostics.
fn judge_advisories(said: &str) -> Advisories {
    let lines: Vec<Value> =
        said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let message = |line: &Value| line["fields"]["message"].as_str().unwrap_or_default().to_owned();
    let found: Vec<String> = lines
        .iter()
        .filter(|line| line["type"] == "diagnostic")
        .map(message)
        .filter(|text| !text.is_empty())
        .collect();
    let no_database = lines.iter().map(message).find(|text| text.contains("advisory database"));
    match no_database {
        Some(why) if found.is_empty() => {
            Advisories::NoDatabase(why.lines().next().unwrap_or_default().to_owned())
        }
        None if found.is_empty() => Advisories::Found(vec![said.to_owned()]),
        _ => Advisories::Found(found),
    }
}

#[cfg(test)]
mod tests {
    use super::{Advisories, judge_advisories};

    #[test]
    fn a_database_out_of_reach_is_no_advisory() {
        let said = r#"{"fields":{"level":"ERROR","message":"failed to fetch advisory database https://example.org\nno host"},"type":"log"}"#;
        let expected = "failed to fetch advisory database https://example.org".to_owned();
        assert_eq!(judge_advisories(said), Advisories::NoDatabase(expected));
    }

    #[test]
    fn an_advisory_is_found() {
        let said =
            r#"{"fields":{"severity":"error","message":"use after free"},"type":"diagnostic"}"#;
        assert_eq!(judge_advisories(said), Advisories::Found(vec!["use after free".to_owned()]));
    }

    #[test]
    fn a_failure_that_nobody_explains_is_a_failure() {
        assert_eq!(judge_advisories("what?"), Advisories::Found(vec!["what?".to_owned()]));
    }
}
