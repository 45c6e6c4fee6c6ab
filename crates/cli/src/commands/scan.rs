//! `athar scan`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use case_model::{CaseId, to_hex};
use case_store::{CaseFile, InterruptedRun, RunState};
use casework::{
    Coverage, ExhibitState, ScanDemand, ScanGrant, Session, ZoneStatement, case_id,
    check_resources, items_left, resumed_request,
};
use hash_set::Library;
use pipeline::{ItemResult, ScanConfig, ScanReport};
use serde_json::json;
use words::Language;

use super::batch_summary::BatchSummary;
use super::hash_set::import;
use super::new_case::{self, NewCase};
use super::scan_stopped::tell_stopped;
use crate::arguments::{Global, HashSetImport, Scan};
use crate::coverage::{coverage_json, exhibit_lines};
use crate::desk::Desk;
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::progress::Progress;
use crate::quantities::{noun, short_time};
use crate::same_media::{self, same_media_json};
use crate::stopping::Stopping;
use crate::summary::print_image;
use crate::summary_checkpoints::{print_checkpoint_notes, with_checkpoint_notes};
use crate::summary_nested::{print_nested, with_nested};
use report::image_json;

pub(crate) fn run(
    desk: &mut Desk<'_>,
    arguments: &Scan,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let global = desk.global;
    let granted = granted(global, arguments, output)?;
    if let (Some(zone), Some(source)) = (&arguments.zone, &arguments.zone_source) {
        ZoneStatement::parse(zone, source)?;
    }
    let stopping = Stopping::listen(global)?;
    let session = desk.open_or_create(output)?;
    session.stop_on(stopping.token());
    let mut library = Library::open(&session.lab().hash_sets())?;
    let mut lists = Exit::Complete;
    for set in &arguments.hash_set {
        match take_hash_set(session, &mut library, set, global, output) {
            Ok(Exit::Incomplete) => lists = Exit::Incomplete,
            Ok(_) => {}
            ended => {
                return stopping.end(
                    ended,
                    "the hash set was not imported, nothing was scanned",
                    global,
                );
            }
        }
    }
    session.refuse_missing_sets(&library)?;
    let (id, new) = match (&arguments.case, arguments.resume) {
        (None, true) => (session.interrupted_case()?, NewCase::No),
        (Some(name), true) => {
            // A name that means nothing makes no case: there is nothing to finish in a new one.
            let id = case_id(name)?;
            session.case(&id)?;
            (id, NewCase::No)
        }
        _ => open_or_create_case(session, arguments, output)?,
    };
    let interrupted = session.case(&id)?.interrupted_run()?;
    let turn = session.begin_scan(&id)?;
    output.flush()?;
    let config = config(global, arguments, &granted);
    let (items, config) = match arguments.resume {
        true => resumed_request(&id, interrupted, config)?,
        false => {
            tell_interrupted(&id, interrupted.as_ref(), &arguments.items, output)?;
            (arguments.items.clone(), config)
        }
    };
    record_zone(session, arguments, &id, &items)?;
    let progress = Progress::new(global, &items);
    let report = session.scan(&turn, &items, &library, &config, &progress);
    progress.clear();
    let report = match report {
        Err(error) if error.is_stopped() => {
            return tell_stopped(global, arguments, session.case(&id)?, &stopping, output);
        }
        other => other?,
    };
    drop(stopping);
    drop(turn);
    let covered = session.coverage(&id)?;
    print_report(session.case(&id)?, &report, &covered, global, output)?;
    new_case::tell_again(&new, &id, output)?;
    Ok(match report.state {
        // Complete, but of a list some records were not looked up.
        RunState::Complete => lists,
        RunState::Incomplete => Exit::Incomplete,
        RunState::Failed => Exit::Failed,
    })
}

/// Records the zone of the items before they are scanned: whatever becomes of the scan, it is known then.
fn record_zone(
    session: &mut Session,
    arguments: &Scan,
    id: &CaseId,
    items: &[PathBuf],
) -> Result<(), Failure> {
    if let (Some(zone), Some(source)) = (&arguments.zone, &arguments.zone_source) {
        session.set_zone_of_items(id, items, &ZoneStatement::parse(zone, source)?)?;
    }
    Ok(())
}

fn config(global: &Global, arguments: &Scan, granted: &ScanGrant) -> ScanConfig {
    ScanConfig {
        threads: global.worker_threads(),
        digests: arguments.digests,
        code_page: arguments.code_page,
        checkpoint_every: Duration::from_secs(arguments.checkpoint_every),
        afresh: arguments.afresh,
        nested: arguments.nested,
        memory_bytes: granted.memory,
        ..ScanConfig::default()
    }
}

/// Before anything is written.
fn granted(global: &Global, arguments: &Scan, output: &Output) -> Result<ScanGrant, Failure> {
    let granted = check_resources(&ScanDemand {
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
    session: &mut Session,
    library: &mut Library,
    set: &str,
    global: &Global,
    output: &mut Output,
) -> Result<Exit, Failure> {
    if !Path::new(set).exists() {
        return match library.find(set) {
            Ok(_) => Ok(Exit::Complete),
            Err(error) => Err(Failure::Usage(format!(
                "--hash-set {set}: no such file, and no such set in the lab ({error}){}",
                super::hash_set::like(library, set)
            ))),
        };
    }
    let imported = import(session, library, &HashSetImport::of(set.into()), global, output)?;
    Ok(imported.map_or(Exit::Complete, |imported| imported.exit))
}

fn open_or_create_case(
    session: &mut Session,
    arguments: &Scan,
    output: &mut Output,
) -> Result<(CaseId, NewCase), Failure> {
    let (id, new) = match &arguments.case {
        Some(name) => {
            let id = case_id(name)?;
            session.refuse_closed(&id)?;
            let near = session.cases_like(id.as_str())?;
            let created = session.open_or_create_case(&id)?;
            (id, if created { NewCase::Named { near } } else { NewCase::No })
        }
        None => (named_by_date(session, arguments)?, NewCase::Unnamed),
    };
    new_case::tell(&new, &id, &session.lab().case_path(&id), output)?;
    Ok((id, new))
}

/// A case named by the date and the first item.
fn named_by_date(session: &mut Session, arguments: &Scan) -> Result<CaseId, Failure> {
    let date = short_time(session.author().now());
    let date = date.split(' ').next().unwrap_or_default();
    let stem = arguments.items.first().and_then(|item| item.file_stem());
    let stem = stem.map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(session.create_named_case(date, &stem)?)
}

/// Says that an earlier scan of the case was interrupted, when this one does not finish it.
fn tell_interrupted(
    id: &CaseId,
    interrupted: Option<&InterruptedRun>,
    items: &[PathBuf],
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(run) = interrupted else { return Ok(()) };
    match items_left(run, items) {
        0 => Ok(()),
        left => output.remark(&format!(
            "The scan of {} was broken off; {left} of its items {} not named now. To finish it afterwards: athar scan --resume --case {id}",
            short_time(run.started_ns),
            noun(left, "is", "are")
        )),
    }
}

fn print_report(
    case: &CaseFile,
    report: &ScanReport,
    covered: &Coverage,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    for item in &report.items {
        match item {
            ItemResult::Scanned(image, _, notes) => {
                let looked_up = covered.exhibit(*image).map(|exhibit| &exhibit.looked_up);
                let nested = case.nested_of(*image)?;
                let image = case.image_report(*image)?;
                match output.is_json() {
                    true => {
                        let object = with_nested(image_json(&image), &nested);
                        output.object(&with_checkpoint_notes(object, notes))?;
                    }
                    false if !global.quiet => {
                        print_image(&image, looked_up, global.verbose, output)?;
                        print_nested(&image, &nested, global.verbose, output)?;
                        print_checkpoint_notes(notes, output)?;
                    }
                    false => {}
                }
            }
            ItemResult::AlreadyThere(image, path) => {
                let incomplete =
                    case.image_report(*image).is_ok_and(|image| image.state == "incomplete");
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
                let text = format!(
                    "{}: a segment of an image above; read with it",
                    safe(&path.to_string_lossy())
                );
                item_line(output, "segment", &path.to_string_lossy(), &text)?;
            }
            ItemResult::LeftOut(path, limit) => {
                let limit = safe(&limit.text(Language::English));
                let text = format!("{}: NOT READ INSIDE: {limit}", safe(&path.to_string_lossy()));
                item_line(output, "left-out", &path.to_string_lossy(), &text)?;
            }
            ItemResult::Same(path, where_read) => {
                let where_read = safe(&where_read.text(Language::English));
                let text = format!("{}: {where_read}", safe(&path.to_string_lossy()));
                item_line(output, "same", &path.to_string_lossy(), &text)?;
            }
            ItemResult::Failed(path, error) => {
                output.flush()?;
                if output.is_json() {
                    output.object(
                        &json!({ "item": path.to_string_lossy(), "state": "failed", "error": error }),
                    )?;
                } else {
                    crate::output::tell(&format!("athar: {}", safe(error)));
                }
            }
        }
    }
    print_case(case, report, covered, output)
}

/// Says how the case stands after a scan: that covers more than the scan's own items.
fn print_case(
    case: &CaseFile,
    report: &ScanReport,
    covered: &Coverage,
    output: &mut Output,
) -> Result<(), Failure> {
    let case_id = case.id();
    let digest = to_hex(&report.case_digest);
    let batch = BatchSummary::of(case, report, covered)?;
    if output.is_json() {
        output.object(&json!({
            "case": case_id.as_str(), "path": case.path().to_string_lossy(), "state": report.state.key(), "digest": digest,
            "batch": batch.json(), "coverage": coverage_json(covered), "same_media": same_media_json(case)?,
        }))
    } else {
        let state = match (report.state, covered.is_complete()) {
            (RunState::Complete, true) => "complete",
            (RunState::Complete, false) => "this scan is complete, THE CASE IS NOT",
            (RunState::Incomplete, _) => "FINISHED BUT INCOMPLETE",
            (RunState::Failed, true) => "complete as before; THIS SCAN FAILED",
            (RunState::Failed, false) => "FAILED",
        };
        batch.print(case_id.as_str(), output)?;
        output.remark(&format!("\nCase {case_id}: {state}"))?;
        for exhibit in covered.lacking().filter(|exhibit| exhibit.state != ExhibitState::Read) {
            for line in exhibit_lines(covered, exhibit) {
                output.remark(&line)?;
            }
        }
        if output.shows_remarks() {
            same_media::tell(case, output)?;
        }
        output.remark(&format!("  index digest  {digest}"))?;
        output.remark(&format!("  case file     {}", case.path().display()))?;
        output.remark(&format!(
            "  next          athar find {case_id} --hit    athar custody verify {case_id}"
        ))
    }
}

fn item_line(output: &mut Output, state: &str, path: &str, text: &str) -> Result<(), Failure> {
    if output.is_json() {
        output.object(&json!({ "item": path, "state": state }))
    } else {
        output.remark(text)
    }
}
