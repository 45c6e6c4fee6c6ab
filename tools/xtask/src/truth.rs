//! `cargo xtask truth`: athar's findings in evidence that nobody here made, against the recorded answers.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;
use tempfile::TempDir;

use crate::athar::{Athar, Scanned};
use crate::failure::{Attempt, Failure, Outcome};
use crate::judgement::{Judgements, differences};
use crate::process::{output, program};
use crate::workspace::root;

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// The folder with `data/` and `tools/` [default: `shared` beside the workspace]
    shared: Option<PathBuf>,
    /// Only images whose id contains this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Expect deleted files too
    #[arg(long)]
    deleted: bool,
    /// Use this athar instead of one built for release
    #[arg(long, value_name = "PROGRAM")]
    athar: Option<PathBuf>,
    /// Print the differences, not only their numbers
    #[arg(long, short)]
    verbose: bool,
}

/// Answers that must be equal; the others are shown only.
const DECIDING: &str = "agree,ruled";
/// One program's word; both right by design; listed without digests.
const SHOWN: [&str; 3] = ["single", "conflict", "unhashed"];

/// What became of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Equal,
    Different,
    NotRead,
    NoAnswers,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome<ExitCode> {
    let shared = arguments.shared.clone().unwrap_or_else(|| root().join("../shared"));
    let manifest = shared.join("data/manifest.json");
    if !manifest.is_file() {
        println!("SKIPPED: all images: no shared evidence at {}", shared.display());
        return Ok(ExitCode::SUCCESS);
    }
    let text = std::fs::read(&manifest).when(manifest.display())?;
    let images: Vec<Value> = serde_json::from_slice(&text).when(manifest.display())?;
    let judgements = Judgements::read()?;
    let athar = Athar::given_or_built(arguments.athar.as_deref())?;
    let mut fates = Vec::new();
    for image in &images {
        let id = image["id"].as_str().unwrap_or_default();
        if arguments.only.as_ref().is_none_or(|only| id.contains(only)) {
            fates.push(examine(&athar, &judgements, &shared, image, arguments).unwrap_or_else(
                |failure| {
                    println!("{id:<40} FAILED  {failure}");
                    Fate::Different
                },
            ));
        }
    }
    let count = |fate| fates.iter().filter(|other| **other == fate).count();
    println!(
        "{} images: {} equal, {} different, {} not read by athar, {} without answers that decide",
        fates.len(),
        count(Fate::Equal),
        count(Fate::Different),
        count(Fate::NotRead),
        count(Fate::NoAnswers)
    );
    Ok(if count(Fate::Different) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Unpacks, scans and compares one image, and prints its line.
fn examine(
    athar: &Athar,
    judgements: &Judgements,
    shared: &Path,
    image: &Value,
    arguments: &Arguments,
) -> Outcome<Fate> {
    let text = |name: &str| image[name].as_str().unwrap_or_default();
    let id = text("id");
    let folder = TempDir::new().when("temporary folder")?;
    let case = match athar
        .scan_if_read(&unpack(&shared.join("data").join(text("file")), folder.path())?)?
    {
        Scanned::Case(case) => case,
        Scanned::NotRead(said) => {
            println!("{id:<40} {:<10} not read: {said}", "refused");
            return Ok(Fate::NotRead);
        }
    };
    let truth =
        std::fs::read_to_string(shared.join("data").join(text("truth"))).when(text("truth"))?;
    let (answers, unread) = answers_for(&truth, &volumes_read(&case.report));
    let ending = if case.exit == 0 { "complete" } else { "incomplete" };
    let unread = if unread > 0 {
        format!("; {unread} answers lie in volumes not read")
    } else {
        String::new()
    };
    if answers.is_empty() {
        let fate = if unread.is_empty() { Fate::NoAnswers } else { Fate::NotRead };
        println!(
            "{id:<40} {ending:<10} {}{unread}",
            if fate == Fate::NotRead { "not read" } else { "no answers" }
        );
        return Ok(fate);
    }
    let differences = differences(&case.streams()?, &answers, &SHOWN)?;
    let faults = judgements.faults(id, &differences);
    let path = folder.path().join("answers.jsonl");
    std::fs::write(&path, answers).when(path.display())?;
    let tool = shared.join("tools/compare-truth");
    let (said, right) = ask(&tool, &case.export, &path, DECIDING, arguments.deleted)?;
    let (fate, word) = match right {
        _ if !faults.is_empty() => (Fate::Different, "DIFFERENT"),
        // Nothing was expected, so nothing was shown.
        true if last_line(&said).starts_with("expected 0,") => (Fate::NoAnswers, "undecided"),
        true => (Fate::Equal, "equal"),
        false => (Fate::Different, "DIFFERENT"),
    };
    let mut line = format!("{id:<40} {ending:<10} {word:<9} {}", last_line(&said));
    for verdict in SHOWN {
        let (said, _) = ask(&tool, &case.export, &path, verdict, arguments.deleted)?;
        if let Some(shown) = shown(verdict, last_line(&said)) {
            line.push_str(&shown);
        }
    }
    if !differences.is_empty() {
        line.push_str(&format!(
            "; {} differ, {}",
            differences.len(),
            if faults.is_empty() { "judged" } else { "NOT ALL JUDGED" }
        ));
    }
    println!("{line}{unread}");
    faults.iter().for_each(|fault| println!("    {fault}"));
    if arguments.verbose || !right {
        said.lines().rev().skip(1).for_each(|line| println!("    {line}"));
    }
    Ok(fate)
}

/// Brings an image and its segments into a folder of our own; gives its path there.
pub(crate) fn unpack(packed: &Path, to: &Path) -> Outcome<PathBuf> {
    let name = packed
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(|| Failure::new("a file without a name"))?;
    if let Some(name) = name.strip_suffix(".zst") {
        let unpacked = to.join(name);
        output(
            program("zstd", ["-dqf", "--long=27", "--sparse", "-o"], to).arg(&unpacked).arg(packed),
        )?;
        return Ok(unpacked);
    }
    for entry in std::fs::read_dir(packed.parent().unwrap_or(packed)).when(packed.display())? {
        let entry = entry.when(packed.display())?;
        std::fs::copy(entry.path(), to.join(entry.file_name())).when(entry.path().display())?;
    }
    Ok(to.join(name))
}

/// First bytes of the volumes whose file system athar reads; one that is only named gives no answers, one that could not be opened
/// should have given them.
fn volumes_read(report: &[Value]) -> Vec<u64> {
    let is_read = |file_system: &Value| file_system["state"] != "unsupported";
    let volumes = report.iter().filter_map(|image| image["volumes"].as_array()).flatten();
    volumes
        .filter(|volume| {
            volume["file_systems"].as_array().is_some_and(|systems| systems.iter().any(is_read))
        })
        .filter_map(|volume| volume["start"].as_u64())
        .collect()
}

/// The answers for these volumes, and how many lie elsewhere.
fn answers_for(truth: &str, volumes: &[u64]) -> (String, usize) {
    let mut answers = String::new();
    let mut elsewhere = 0_usize;
    for line in truth.lines().filter(|line| !line.trim().is_empty()) {
        let offset = serde_json::from_str::<Value>(line)
            .ok()
            .and_then(|row| row["partition_offset"].as_u64());
        if offset.is_some_and(|offset| volumes.contains(&offset)) {
            answers.push_str(line);
            answers.push('\n');
        } else {
            elsewhere = elsewhere.saturating_add(1);
        }
    }
    (answers, elsewhere)
}

/// What `compare-truth` says for answers of these verdicts, and whether all are equal.
fn ask(
    tool: &Path,
    export: &Path,
    answers: &Path,
    verdicts: &str,
    deleted: bool,
) -> Outcome<(String, bool)> {
    let mut command = program("python3", [tool, export, answers], Path::new("."));
    command.args(["--verdicts", verdicts]).args(deleted.then_some("--deleted"));
    let done = command.output().when("compare-truth")?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    match last_line(&said).starts_with("expected ") {
        true => Ok((said, done.status.success())),
        false => Err(Failure::new(format!(
            "compare-truth: {}",
            String::from_utf8_lossy(&done.stderr).trim()
        ))),
    }
}

fn last_line(said: &str) -> &str {
    said.lines().last().unwrap_or_default()
}

/// `; single 3 of 4` for "expected 4, equal 3, …"; nothing where nothing is expected.
fn shown(verdict: &str, line: &str) -> Option<String> {
    let number = |name: &str| {
        line.split(", ").find_map(|part| part.strip_prefix(name))?.trim().parse::<u64>().ok()
    };
    let expected = number("expected ")?;
    let equal = number("equal ")?;
    (expected > 0).then(|| format!("; {verdict} {equal} of {expected}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{answers_for, shown, volumes_read};

    #[test]
    fn only_answers_of_volumes_read_are_asked_for_and_the_others_counted() {
        let truth = "{\"partition_offset\":0,\"path\":\"/a\"}\n{\"partition_offset\":512,\"path\":\"/b\"}\n";
        assert_eq!(
            answers_for(truth, &[512]),
            ("{\"partition_offset\":512,\"path\":\"/b\"}\n".to_owned(), 1)
        );
    }

    #[test]
    fn a_file_system_that_is_only_named_is_not_read() {
        let volume = |start: u64, state: &str| json!({ "start": start, "file_systems": [{ "state": state }] });
        let report = [json!({ "volumes": [
            volume(0, "unsupported"), volume(512, "read"), volume(1024, "failed"), { "start": 2048 }
        ] })];
        assert_eq!(volumes_read(&report), [512, 1024]);
    }

    #[test]
    fn counts_are_taken_from_the_last_line() {
        let line =
            "expected 4, equal 3, missing 1, other name 0, different 0, beyond the answers 2";
        assert_eq!(shown("single", line), Some("; single 3 of 4".to_owned()));
        assert_eq!(shown("single", "expected 0, equal 0, missing 0"), None);
    }
}
