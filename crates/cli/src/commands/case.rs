//! `athar case`.

use case_model::{CaseId, to_hex};
use casework::Session;
use serde_json::json;

use super::{
    case_acts, case_backup, case_check, case_list, case_restore, case_show, case_withdraw,
    case_zone,
};
use crate::arguments::Case;
use crate::coverage;
use crate::desk::Desk;
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(crate) fn run(
    desk: &mut Desk<'_>,
    command: &Case,
    output: &mut Output,
) -> Result<Exit, Failure> {
    if let Case::Show { case } | Case::Digest { case } = command {
        let (session, id) = desk.open_case(case)?;
        return match command {
            Case::Digest { .. } => digest(session, &id, output),
            _ => case_show::run(session, &id, output),
        };
    }
    if let Case::Check { what } = command {
        return case_check::run(desk.open_file_or_lab(what)?, what, output);
    }
    let session = desk.open()?;
    match command {
        Case::Backup { case, to } => case_backup::run(session, case, to, output),
        Case::Restore(arguments) => case_restore::run(session, arguments, output),
        Case::Withdraw(arguments) => case_withdraw::run(session, arguments, output),
        Case::Zone(arguments) => case_zone::run(session, arguments, output),
        Case::Rename(arguments) => case_acts::rename(session, arguments, output),
        Case::Close(arguments) => case_acts::close(session, arguments, output),
        Case::Reopen(arguments) => case_acts::reopen(session, arguments, output),
        Case::Remove(arguments) => case_acts::remove(session, arguments, output),
        Case::List => case_list::run(session, output),
        // Above: they look at files without a lab, too.
        Case::Show { .. } | Case::Digest { .. } | Case::Check { .. } => Ok(Exit::Complete),
    }
}

fn digest(session: &mut Session, id: &CaseId, output: &mut Output) -> Result<Exit, Failure> {
    let case = session.case(id)?;
    let digest = to_hex(&case.digest()?);
    let version = case.digest_version()?.number();
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
