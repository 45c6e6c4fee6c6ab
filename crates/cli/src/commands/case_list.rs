//! `athar case list`.

use case_model::CaseId;
use casework::{Coverage, RemovedCase, Session};
use serde_json::json;

use crate::coverage;
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::counted;
use crate::same_media::MediaOfLab;

/// Characters of a time that a list shows: date, hour and minute.
const MINUTE: usize = 16;

/// Lists the cases: state, exhibits, dates, file; then those that were removed.
pub(super) fn run(session: &mut Session, output: &mut Output) -> Result<Exit, Failure> {
    let mut exit = Exit::Complete;
    let cases = session.lab().cases()?;
    let removed = session.removed_cases()?;
    if cases.is_empty() {
        output.remark("The lab has no cases. `athar scan IMAGE` makes one.")?;
    }
    let mut media = MediaOfLab::default();
    for id in cases {
        // One damaged file does not hide the other cases.
        match list_one(session, &id, &mut media, output) {
            Ok(Exit::Complete) => {}
            Ok(other) if exit == Exit::Complete => exit = other,
            Ok(_) => {}
            Err(failure @ Failure::Output(_)) => return Err(failure),
            Err(failure) => {
                exit = Exit::Failed;
                print_unreadable(&id, &failure, output)?;
            }
        }
    }
    removed.iter().try_for_each(|removed| print_removed(removed, output))?;
    media.tell(output)?;
    Ok(exit)
}

fn list_one(
    session: &mut Session,
    id: &CaseId,
    media: &mut MediaOfLab,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let mut case = session.case_as_it_is(id)?;
    let images = case.images()?.len() as u64;
    let entries = case.entry_count()?;
    media.add(&case)?;
    let covered = session.coverage_as_it_is(&mut case)?;
    let dates = Session::case_dates(&mut case)?;
    let closed = session.closed(id)?;
    if output.is_json() {
        output.object(&json!({
            "case": id.as_str(), "images": images, "entries": entries, "path": case.path().to_string_lossy(),
            "created": dates.created, "scanned": dates.scanned, "closed": closed.map(|closed| closed.time),
            "coverage": coverage::coverage_json(&covered),
        }))?;
    } else {
        let state = state(&covered, closed.is_some());
        let scanned = dates
            .scanned
            .as_deref()
            .map_or("never scanned".to_owned(), |time| format!("scanned {}", minute(time)));
        let created = dates.created.as_deref().map_or("-".to_owned(), minute);
        output.line(&format!(
            "{id}  {state}  {}, {}  created {created}, {scanned}  {}",
            counted(images, "exhibit", "exhibits"),
            counted(entries, "file", "files"),
            case.path().display()
        ))?;
    }
    Ok(coverage::exit_of(&covered))
}

fn print_unreadable(id: &CaseId, failure: &Failure, output: &mut Output) -> Result<(), Failure> {
    let why = failure.to_string();
    match output.is_json() {
        true => output.object(&json!({ "case": id.as_str(), "state": "unreadable", "error": why })),
        false => output.line(&format!("{id}  CANNOT BE OPENED: {}", safe(&why))),
    }
}

fn print_removed(removed: &RemovedCase, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        return output.object(&json!({
            "case": removed.name, "state": "removed", "removed": removed.time, "reason": removed.reason,
            "said_by": removed.said_by,
        }));
    }
    output.line(&format!(
        "{}  REMOVED {}: {} (entry {} of the lab's ledger)",
        removed.name,
        minute(&removed.time),
        safe(&removed.reason),
        removed.said_by
    ))
}

fn state(covered: &Coverage, is_closed: bool) -> String {
    let coverage = coverage::short(covered);
    if is_closed { format!("closed, {coverage}") } else { coverage }
}

/// Returns a time of a ledger as people read it, in UTC.
fn minute(time: &str) -> String {
    time.get(..MINUTE).unwrap_or(time).replace('T', " ")
}
