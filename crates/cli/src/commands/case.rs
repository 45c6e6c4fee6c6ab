//! `athar case`.

use case_model::{CaseId, to_hex};
use casework::{Session, case_id};
use serde_json::json;

use super::{case_backup, case_check, case_restore, case_show, case_withdraw};
use crate::arguments::Case;
use crate::coverage;
use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::counted;

pub(crate) fn run(desk: &mut Desk<'_>, command: &Case, output: &mut Output) -> Result<Exit, Failure> {
    let session = desk.open()?;
    match command {
        Case::Backup { case, to } => case_backup::run(session, case, to, output),
        Case::Restore(arguments) => case_restore::run(session, arguments, output),
        Case::Check { what } => case_check::run(session, what, output),
        Case::Withdraw(arguments) => case_withdraw::run(session, arguments, output),
        Case::List => list(session, output),
        Case::Show { case } => case_show::run(session, &case_id(case)?, output),
        Case::Digest { case } => digest(session, &case_id(case)?, output),
    }
}

fn digest(session: &mut Session, id: &CaseId, output: &mut Output) -> Result<Exit, Failure> {
    let case = session.case(id)?;
    let (digest, version) = (to_hex(&case.digest()?), case.digest_version()?.number());
    let covered = session.coverage(id)?;
    if output.is_json() {
        let coverage = coverage::coverage_json(&covered);
        output.object(&json!({ "case": id.as_str(), "digest": digest, "digest_version": version, "coverage": coverage }))?;
    } else {
        output.line(&digest)?;
        output.aside(&format!("athar: digest of the index, version {version}"), &json!({}));
        coverage::say(&covered, output)?;
    }
    Ok(coverage::exit_of(&covered))
}

fn list(session: &mut Session, output: &mut Output) -> Result<Exit, Failure> {
    let mut exit = Exit::Complete;
    let cases = session.lab().cases()?;
    if cases.is_empty() {
        output.remark("The lab has no cases. `athar scan IMAGE` makes one.")?;
    }
    for id in cases {
        let mut case = session.case_as_it_is(&id)?;
        let (images, entries) = (case.images()?.len(), case.entry_count()?);
        let covered = session.coverage_as_it_is(&mut case)?;
        if !covered.is_complete() {
            exit = Exit::Incomplete;
        }
        if output.is_json() {
            output.object(&json!({
                "case": id.as_str(), "images": images, "entries": entries, "path": case.path().to_string_lossy(),
                "coverage": coverage::coverage_json(&covered),
            }))?;
        } else {
            let images = counted(images, "image", "images");
            let entries = counted(entries, "entry", "entries");
            let state = coverage::short(&covered);
            let path = case.path().display();
            output.line(&format!("{id}  {images}  {entries}  {path}  {state}"))?;
        }
    }
    Ok(exit)
}
