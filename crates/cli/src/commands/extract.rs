//! `athar extract`.

use case_model::CaseId;
use casework::{ExtractEnd, ExtractRequest, Extracted};
use serde_json::{Value, json};

use crate::arguments::{Extract, Global};
use crate::commands::extract_manifest::{forms, object};
use crate::commands::filter::{filter, tell_absent, words};
use crate::coverage;
use crate::desk::{Desk, cases};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::{bytes, counted, grouped};
use crate::stopping::Stopping;
use casework::Session;

pub(crate) fn run(
    desk: &mut Desk<'_>,
    arguments: &Extract,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let global = desk.global;
    let stopping = Stopping::listen(global)?;
    let (session, ids) = match &arguments.case {
        Some(name) => {
            let (session, id) = desk.open_case(name)?;
            (session, vec![id])
        }
        None => {
            let session = desk.open()?;
            let ids = cases(session, &[], true)?;
            (session, ids)
        }
    };
    session.stop_on(stopping.token());
    let several = ids.len() > 1;
    let mut exit = Exit::Complete;
    for id in &ids {
        let extracted = one_case(session, id, arguments, global, output);
        match extracted {
            Ok((_, true)) => return Ok(stopping.signal().exit()),
            Ok((Exit::Complete, _)) => {}
            Ok((ended, _)) => exit = worse(exit, ended),
            Err(failure) if !several || failure.is_closed_pipe() => return Err(failure),
            // What one case lacks does not keep the others from answering.
            Err(failure) => {
                let event = json!({ "event": "case-not-extracted", "case": id.as_str(), "error": failure.to_string() });
                output.warn(&format!("athar: case {id}: NOT EXTRACTED: {failure}"), &event)?;
                exit = worse(exit, Exit::Incomplete);
            }
        }
    }
    Ok(exit)
}

/// A folder that cannot be written is worse than something that is not whole.
fn worse(one: Exit, other: Exit) -> Exit {
    if one == Exit::Failed || other == Exit::Failed { Exit::Failed } else { Exit::Incomplete }
}

/// Returns how it ended, and whether that was on request.
fn one_case(
    session: &mut Session,
    id: &CaseId,
    arguments: &Extract,
    global: &Global,
    output: &mut Output,
) -> Result<(Exit, bool), Failure> {
    let filter = filter(session, id, &arguments.filter, &arguments.order)?;
    let mut forms = forms();
    let request = ExtractRequest {
        query: words(&arguments.filter, &arguments.order),
        to: &arguments.to,
        at: arguments.at.as_deref(),
        reason: arguments.reason.clone(),
        threads: global.worker_threads(),
        forms: &mut forms,
    };
    let mut failed = None;
    let given = session.extract(id, &filter, request, &mut |row, file| {
        let told = match output.is_json() {
            true => output.object(&Value::Object(object(id, row, file))),
            false => {
                let why = file.why.as_deref().unwrap_or_default();
                output.line(&format!("{:<13} {}: {}", file.state.key(), safe(&row.path), safe(why)))
            }
        };
        failed = failed.take().or(told.err());
    })?;
    if let Some(failure) = failed {
        return Err(failure);
    }
    print_summary(id, &given, output)?;
    tell_absent(session, id, &filter, given.rows == 0, output)?;
    let covered = session.coverage(id)?;
    coverage::say(&covered, output)?;
    let exit = match (&given.ended, given.is_whole()) {
        (Some(ExtractEnd::Folder(_)), _) => Exit::Failed,
        (_, false) => Exit::Incomplete,
        (_, true) => coverage::exit_of(&covered),
    };
    Ok((exit, given.ended == Some(ExtractEnd::Stopped)))
}

fn print_summary(id: &CaseId, given: &Extracted, output: &mut Output) -> Result<(), Failure> {
    let manifests: Vec<&str> =
        given.manifests.iter().map(|manifest| manifest.name.as_str()).collect();
    let folder = given.folder.to_string_lossy();
    if output.is_json() {
        let ended = match &given.ended {
            None => json!("ended"),
            Some(ExtractEnd::Stopped) => json!("stopped"),
            Some(ExtractEnd::Folder(error)) => json!({ "error": error }),
        };
        return output.object(&json!({
            "case": id.as_str(), "folder": folder, "rows": given.rows, "whole": given.whole, "already_there": given.already_there,
            "bytes": given.bytes, "further_names": given.further_names, "partial": given.partial, "different": given.different,
            "not_read": given.not_read, "name_taken": given.name_taken, "without_content": given.without_content,
            "left_out": given.left_out, "manifests": manifests, "state": ended,
        }));
    }
    output.line(&format!(
        "Case {id}: {} in {}, {} written",
        counted(given.whole, "whole file", "whole files"),
        safe(&folder),
        bytes(given.bytes)
    ))?;
    let parts = [
        (given.already_there, "there before"),
        (given.further_names, "further names of them"),
        (given.partial, "PARTIAL"),
        (given.different, "DIFFERENT from the index"),
        (given.not_read, "NOT READ"),
        (given.name_taken, "NOT WRITTEN: something else has the name"),
        (given.without_content, "without content (directories, links)"),
        (given.left_out, "left out by a rule of the scan"),
    ];
    for (count, what) in parts.into_iter().filter(|(count, _)| *count > 0) {
        output.line(&format!("  {:>8}  {what}", grouped(count)))?;
    }
    if !manifests.is_empty() {
        output.remark(&format!("  manifest  {}", manifests.join(", ")))?;
    }
    match &given.ended {
        None => Ok(()),
        Some(ExtractEnd::Stopped) => output.line("  STOPPED on request: the same command goes on"),
        Some(ExtractEnd::Folder(error)) => output.line(&format!("  BROKEN OFF: {}", safe(error))),
    }
}
