//! `athar evidence verify`: reads media again and compares them with what was recorded.

use std::path::{Path, PathBuf};

use byte_source::{Scratch, Severity};
use case_model::{Algorithm, to_hex};
use case_store::{CaseFile, ImageReport, Lab};
use custody::{Act, Json, StoredEntry, UtcTime, parse_canonical};
use evidence::open_container;
use pipeline::verify_medium;
use serde_json::{Value, json};

use crate::arguments::{Evidence, Global, VerifyEvidence};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::open_lab::{case_id, open, scribe};
use crate::output::Output;
use crate::progress::Progress;
use crate::quantities::grouped;

/// Ranges and sentences that an entry spells out; the rest is counted.
const MAX_LISTED: usize = 100;

pub(crate) fn run(global: &Global, command: &Evidence, output: &mut Output) -> Result<Exit, Failure> {
    let Evidence::Verify(arguments) = command;
    let lab = open(global)?;
    let cases = match arguments.all {
        true => lab.cases()?,
        false => arguments.cases.iter().map(|case| case_id(case)).collect::<Result<_, _>>()?,
    };
    let (mut checked, mut alarms, mut failed) = (0_u64, 0_u64, 0_u64);
    for id in cases {
        match lab
            .open_case(&id)
            .map_err(Failure::from)
            .and_then(|mut case| verify_case(global, &lab, &mut case, arguments, output))
        {
            Ok((done, bad)) => (checked, alarms) = (checked + done, alarms + bad),
            Err(failure) => {
                failed += 1;
                eprintln!("athar: case {id}: {failure}");
            }
        }
    }
    let text = format!(
        "{checked} media read again, {alarms} of them not as recorded; {failed} cases could not be opened."
    );
    output.remark(&text)?;
    Ok(match (alarms + failed, checked) {
        (0, _) => Exit::Complete,
        (_, 0) if failed > 0 => Exit::Failed,
        _ => Exit::Incomplete,
    })
}

/// How many media were read again, and how many of them are not as recorded.
fn verify_case(
    global: &Global,
    lab: &Lab,
    case: &mut CaseFile,
    arguments: &VerifyEvidence,
    output: &mut Output,
) -> Result<(u64, u64), Failure> {
    let entries = case.ledger().entries()?;
    let scribe = scribe(global, lab);
    let (mut checked, mut alarms) = (0, 0);
    for image in case.images()? {
        let report = case.image_report(image)?;
        let due = arguments.older_than.is_none_or(|age| {
            let limit = UtcTime::from_unix_ns(scribe.now().saturating_sub(age));
            last_read(&entries, &report.path).is_none_or(|read| read.as_str() < limit.as_str())
        });
        if !due {
            output.remark(&format!("{}: read not long ago; left out", safe(&report.path)))?;
            continue;
        }
        if report.container == "folder" || report.bytes.is_none() {
            output.remark(&format!(
                "{}: a folder has no medium digest; it is not read again",
                safe(&report.path)
            ))?;
            continue;
        }
        if !matches!(report.state.as_str(), "complete" | "incomplete") {
            output.remark(&format!(
                "{}: its scan did not come to its end; scan it first",
                safe(&report.path)
            ))?;
            continue;
        }
        let started = scribe.now();
        let path = place(&report, arguments.at.as_deref());
        let finding = verify_image(global, &path, &report)?;
        // The entry first: what it says is told only when it is written.
        let entry = scribe
            .entry_since(Act::Verify, started)
            .case(case.id().as_str())
            .field("subject", report.name.as_str())
            .field("image", report.path.as_str())
            .field("read_from", path.to_string_lossy().into_owned())
            .field("result", finding.result)
            .field("expected_sha256", hex(report.sha256.as_deref()))
            .field("found_sha256", hex(finding.sha256.as_deref()))
            .field(
                "unreadable_bytes",
                finding.unreadable.iter().map(|(_, length, _)| length).sum::<u64>().to_string(),
            )
            .field("unreadable", ranges(&finding.unreadable))
            .field(
                "wrong",
                Json::List(
                    finding.wrong.iter().take(MAX_LISTED).map(|text| Json::from(text.as_str())).collect(),
                ),
            );
        case.append(&entry)?;
        checked += 1;
        alarms += u64::from(finding.result != GOOD);
        print(case, &report, &path, &finding, output)?;
    }
    Ok((checked, alarms))
}

const GOOD: &str = "agrees";
const DAMAGED: &str = "DAMAGED";
const DIFFERENT: &str = "DIFFERENT";
const MISSING: &str = "NOT FOUND";

/// What reading a medium again showed.
struct Finding {
    result: &'static str,
    sha256: Option<Vec<u8>>,
    unreadable: Vec<(u64, u64, String)>,
    wrong: Vec<String>,
}

fn verify_image(global: &Global, path: &Path, report: &ImageReport) -> Result<Finding, Failure> {
    let opened = match open_container(path, &mut Scratch::new()) {
        Ok(opened) => opened.image,
        Err(error) => {
            let result = if path.exists() { DAMAGED } else { MISSING };
            return Ok(Finding {
                result,
                sha256: None,
                unreadable: Vec::new(),
                wrong: vec![error.to_string()],
            });
        }
    };
    let progress = Progress::new(global);
    let verdict = verify_medium(&opened, global.worker_threads(), &progress);
    progress.clear();
    let verdict = verdict?;
    let mut wrong = Vec::new();
    let recorded =
        [(Algorithm::Sha256, &report.sha256), (Algorithm::Sha1, &report.sha1), (Algorithm::Md5, &report.md5)];
    for (algorithm, recorded) in recorded {
        let (Some(recorded), Some(found)) = (recorded, verdict.digests.get(algorithm)) else { continue };
        if recorded != found {
            wrong.push(format!("{algorithm} is {}, recorded was {}", to_hex(found), to_hex(recorded)));
        }
    }
    if Some(opened.medium.len()) != report.bytes {
        wrong.push(format!(
            "the medium has {} bytes, recorded were {}",
            opened.medium.len(),
            report.bytes.unwrap_or(0)
        ));
    }
    let same = wrong.is_empty();
    let damages = opened.problems.iter().filter(|problem| problem.severity == Severity::Damage);
    wrong.extend(damages.map(ToString::to_string));
    // Ranges that could not be read at the scan either give the same digest: nothing has got worse.
    let unreadable_before = report.medium_complete == Some(false);
    let result = match (same, verdict.unreadable.is_empty() || unreadable_before) {
        (true, true) => GOOD,
        (false, true) if verdict.unreadable.is_empty() => DIFFERENT,
        _ => DAMAGED,
    };
    let sha256 = verdict.digests.get(Algorithm::Sha256).map(<[u8]>::to_vec);
    Ok(Finding { result, sha256, unreadable: verdict.unreadable, wrong })
}

/// Where the image is: as recorded, the file given, or the file of that name in the folder given.
fn place(report: &ImageReport, at: Option<&Path>) -> PathBuf {
    match at {
        Some(folder) if folder.is_dir() => folder.join(&report.name),
        Some(file) => file.to_owned(),
        None => PathBuf::from(&report.path),
    }
}

/// When the medium was read last, as the entries tell it.
fn last_read(entries: &[StoredEntry], path: &str) -> Option<UtcTime> {
    entries.iter().rev().find_map(|entry| {
        let body = parse_canonical(&entry.body).ok()?;
        let act: Act = body.get("act").and_then(Json::as_text)?.parse().ok()?;
        let image = body.get("fields")?.get("image").and_then(Json::as_text)?;
        let time = body.get("time")?;
        let end = time.get("end").or_else(|| time.get("start")).and_then(Json::as_text)?;
        (matches!(act, Act::Index | Act::Verify) && image == path).then(|| UtcTime::parse(end).ok())?
    })
}

fn hex(digest: Option<&[u8]>) -> String {
    digest.map_or("none".to_owned(), to_hex)
}

fn ranges(unreadable: &[(u64, u64, String)]) -> Json {
    let range = |(start, length, why): &(u64, u64, String)| {
        let why: String = why.chars().take(200).collect();
        Json::from([("start", Json::from(*start)), ("length", Json::from(*length)), ("why", Json::from(why))])
    };
    Json::List(unreadable.iter().take(MAX_LISTED).map(range).collect())
}

fn print(
    case: &CaseFile,
    report: &ImageReport,
    path: &Path,
    finding: &Finding,
    output: &mut Output,
) -> Result<(), Failure> {
    if output.is_json() {
        let unreadable: Vec<Value> = finding
            .unreadable
            .iter()
            .map(|(start, length, why)| json!({ "start": start, "length": length, "why": why }))
            .collect();
        return output.object(&json!({
            "case": case.id().as_str(), "image": report.path, "read_from": path.to_string_lossy(), "good": finding.result == GOOD,
            "result": finding.result, "expected_sha256": report.sha256.as_deref().map(to_hex), "found_sha256": finding.sha256.as_deref().map(to_hex),
            "unreadable": unreadable, "wrong": finding.wrong,
        }));
    }
    let alarm = if finding.result == GOOD { "" } else { "ALARM  " };
    output.line(&format!("{alarm}{}  {}: {}", case.id(), safe(&path.to_string_lossy()), finding.result))?;
    for wrong in &finding.wrong {
        output.line(&format!("  {}", safe(wrong)))?;
    }
    for (start, length, why) in finding.unreadable.iter().take(MAX_LISTED) {
        output.line(&format!(
            "  UNREADABLE    bytes {start} to {} ({} bytes): {}",
            start.saturating_add(length.saturating_sub(1)),
            grouped(*length),
            safe(why)
        ))?;
    }
    Ok(())
}
