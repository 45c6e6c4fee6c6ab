//! `athar scan`.

use std::path::Path;
use std::time::Duration;

use case_model::{CaseId, to_hex};
use case_store::{CaseFile, Lab, RunState, StoreError};
use hash_set::Library;
use pipeline::{ItemResult, ScanConfig, ScanReport, Scribe, scan};
use serde_json::json;

use super::hash_set::import;
use super::unfinished::{broken_off_case, tell_unfinished, what_to_finish};
use crate::arguments::{Global, HashSetImport, Scan};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::open_actions::{begin, broken_off};
use crate::open_lab::{case_id, create_case, finish_creation, open_or_create, scribe};
use crate::output::Output;
use crate::progress::Progress;
use crate::resources::{self, Demand, Granted};
use crate::summary::{image_json, print_image};

pub(crate) fn run(global: &Global, arguments: &Scan, output: &mut Output) -> Result<Exit, Failure> {
    let granted = check_resources(global, arguments, output)?;
    let lab = open_or_create(global, output)?;
    let scribe = scribe(global, &lab);
    let mut library = Library::open(&lab.hash_sets())?;
    let mut lists = Exit::Complete;
    for set in &arguments.hash_set {
        if take_hash_set(&lab, &mut library, set, &scribe, global, output)? == Exit::Incomplete {
            lists = Exit::Incomplete;
        }
    }
    let mut case = match (&arguments.case, arguments.resume) {
        (None, true) => broken_off_case(&lab)?,
        _ => open_or_create_case(&lab, arguments, &scribe, output)?,
    };
    let unfinished = case.broken_off_run()?;
    let _scanning = begin(&lab, &mut case, &scribe)?;
    output.flush()?;
    let config = ScanConfig {
        threads: global.worker_threads(),
        digests: arguments.digests,
        code_page: arguments.code_page,
        checkpoint_every: Duration::from_secs(arguments.checkpoint_every),
        afresh: arguments.afresh,
        memory_bytes: granted.memory,
        ..ScanConfig::default()
    };
    let (items, config) = match (arguments.resume, unfinished) {
        (true, unfinished) => what_to_finish(&case, unfinished, config)?,
        (false, unfinished) => {
            tell_unfinished(&case, unfinished, &arguments.items, output)?;
            (arguments.items.clone(), config)
        }
    };
    let progress = Progress::new(global);
    let report = scan(&mut case, &items, &library, &config, &scribe, &progress);
    progress.clear();
    let report = report.map_err(|error| broken_off(&mut case, &scribe, error))?;
    print_report(&case, &report, global, output)?;
    Ok(match report.state {
        // Complete, but of a list some records were not looked up.
        RunState::Complete => lists,
        RunState::Incomplete => Exit::Incomplete,
        RunState::Failed => Exit::Failed,
    })
}

/// Before anything is written.
fn check_resources(global: &Global, arguments: &Scan, output: &Output) -> Result<Granted, Failure> {
    let granted = resources::check(&Demand {
        items: &arguments.items,
        lab: &global.lab,
        threads: global.worker_threads(),
        memory: arguments.memory,
    })?;
    for remark in &granted.remarks {
        output.aside(&format!("athar: {remark}"), &json!({ "event": "resources", "text": remark }));
    }
    Ok(granted)
}

/// A file is imported; a name must be that of a set that is there. [`Exit::Incomplete`] when records of the file were rejected.
fn take_hash_set(
    lab: &Lab,
    library: &mut Library,
    set: &str,
    scribe: &Scribe,
    global: &Global,
    output: &mut Output,
) -> Result<Exit, Failure> {
    if !Path::new(set).exists() {
        return match library.find(set) {
            Ok(_) => Ok(Exit::Complete),
            Err(error) => Err(Failure::Usage(format!(
                "--hash-set {set}: no such file, and no such set in the lab ({error})"
            ))),
        };
    }
    let imported = import(lab, library, &HashSetImport::of(set.into()), scribe, global, output)?;
    Ok(imported.map_or(Exit::Complete, |imported| imported.exit))
}

fn open_or_create_case(
    lab: &Lab,
    arguments: &Scan,
    scribe: &Scribe,
    output: &mut Output,
) -> Result<CaseFile, Failure> {
    let Some(name) = &arguments.case else {
        return new_case(lab, arguments, scribe, output);
    };
    let id = case_id(name)?;
    match lab.open_case(&id) {
        Err(StoreError::NotFound(_)) => {
            let case = create_case(lab, &id, scribe)?;
            output.remark(&format!("New case {id}: {}", case.path().display()))?;
            Ok(case)
        }
        other => {
            let mut case = other?;
            finish_creation(lab, &mut case, scribe)?;
            Ok(case)
        }
    }
}

/// A case named by the date and the first item, with a number where that name is taken.
fn new_case(lab: &Lab, arguments: &Scan, scribe: &Scribe, output: &mut Output) -> Result<CaseFile, Failure> {
    let date = crate::quantities::short_time(scribe.now());
    let date = date.split(' ').next().unwrap_or_default();
    let stem = arguments
        .items
        .first()
        .and_then(|item| item.file_stem())
        .map(|stem| stem.to_string_lossy().into_owned());
    let stem: String = stem
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .take(40)
        .collect();
    let base = format!("{date}-{}", if stem.is_empty() { "scan" } else { &stem });
    for number in 1_u32.. {
        let name = if number == 1 { base.clone() } else { format!("{base}-{number}") };
        let id: CaseId = case_id(&name)?;
        match create_case(lab, &id, scribe) {
            Err(Failure::Store(StoreError::Exists(_))) => {}
            other => {
                let case = other?;
                output.remark(&format!("New case {id}: {}", case.path().display()))?;
                return Ok(case);
            }
        }
    }
    Err(Failure::Check("no free name for a case".to_owned()))
}

fn print_report(
    case: &CaseFile,
    report: &ScanReport,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    for item in &report.items {
        match item {
            ItemResult::Scanned(image, _) => {
                let image = case.image_report(*image)?;
                match output.is_json() {
                    true => output.object(&image_json(&image))?,
                    false if !global.quiet => print_image(&image, global.verbose, output)?,
                    false => {}
                }
            }
            ItemResult::AlreadyThere(image, path) => {
                let incomplete = case.image_report(*image).is_ok_and(|image| image.state == "incomplete");
                let how = match incomplete {
                    true => {
                        "scanned into this case before, INCOMPLETE; nothing was done. To read it again: athar scan … --case NEW-CASE"
                    }
                    false => "scanned into this case before; nothing was done",
                };
                let text = format!("{}: {how}", safe(&path.to_string_lossy()));
                item_line(output, "already-there", &path.to_string_lossy(), &text)?;
            }
            ItemResult::Segment(path) => {
                let text =
                    format!("{}: a segment of an image above; read with it", safe(&path.to_string_lossy()));
                item_line(output, "segment", &path.to_string_lossy(), &text)?;
            }
            ItemResult::Failed(path, error) => {
                output.flush()?;
                if output.is_json() {
                    output.object(
                        &json!({ "item": path.to_string_lossy(), "state": "failed", "error": error }),
                    )?;
                } else {
                    eprintln!("athar: {}", safe(error));
                }
            }
        }
    }
    let (case_id, digest) = (case.id(), to_hex(&report.case_digest));
    if output.is_json() {
        output.object(&json!({ "case": case_id.as_str(), "path": case.path().to_string_lossy(), "state": report.state.key(), "digest": digest }))
    } else {
        let state = match report.state {
            RunState::Complete => "complete",
            RunState::Incomplete => "FINISHED BUT INCOMPLETE",
            RunState::Failed => "FAILED",
        };
        output.remark(&format!("\nCase {case_id}: {state}"))?;
        output.remark(&format!("  index digest  {digest}"))?;
        output.remark(&format!("  case file     {}", case.path().display()))?;
        output
            .remark(&format!("  next          athar find {case_id} --hit    athar custody verify {case_id}"))
    }
}

fn item_line(output: &mut Output, state: &str, path: &str, text: &str) -> Result<(), Failure> {
    if output.is_json() {
        output.object(&json!({ "item": path, "state": state }))
    } else {
        output.remark(text)
    }
}
