//! `athar case rename`, `close`, `reopen` and `remove`.

use case_model::CaseId;
use casework::{RemovalRequest, Session, case_id};
use serde_json::json;

use crate::arguments::{CaseAndReason, RemoveCase, RenameCase};
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::quantities::counted;

pub(super) fn rename(
    session: &mut Session,
    arguments: &RenameCase,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let from = case_id(&arguments.case)?;
    let to = case_id(&arguments.to)?;
    session.rename_case(&from, &to, &arguments.reason)?;
    let text =
        format!("Case {from} is called {to} now: {}", session.lab().case_path(&to).display());
    said(output, &text, &json!({ "case": to.as_str(), "renamed_from": from.as_str() }))
}

pub(super) fn close(
    session: &mut Session,
    arguments: &CaseAndReason,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let id: CaseId = case_id(&arguments.case)?;
    let entry = session.close_case_for_scans(&id, &arguments.reason)?;
    let text = format!(
        "Case {id} is closed: entry {} of the lab's ledger. To scan into it again: athar case reopen {id} --reason …",
        entry.seq
    );
    said(output, &text, &json!({ "case": id.as_str(), "state": "closed", "lab_entry": entry.seq }))
}

pub(super) fn reopen(
    session: &mut Session,
    arguments: &CaseAndReason,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let id = case_id(&arguments.case)?;
    let entry = session.reopen_case(&id, &arguments.reason)?;
    let text = format!("Case {id} is open again: entry {} of the lab's ledger.", entry.seq);
    said(output, &text, &json!({ "case": id.as_str(), "state": "open", "lab_entry": entry.seq }))
}

pub(super) fn remove(
    session: &mut Session,
    arguments: &RemoveCase,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let id = case_id(&arguments.case)?;
    let request = RemovalRequest { reason: &arguments.reason, with_index: arguments.index };
    let removed = session.remove_case(&id, request)?;
    let kept = session.lab().removed_folder().join(removed.file_name());
    let text = format!(
        "Case {id} is removed: entry {} of the lab's ledger. Its record ({}) is kept in {}",
        removed.said_by,
        counted(removed.entries, "entry", "entries"),
        safe(&kept.to_string_lossy())
    );
    said(
        output,
        &text,
        &json!({
            "case": id.as_str(), "state": "removed", "lab_entry": removed.said_by, "entries": removed.entries,
            "record": kept.to_string_lossy(),
        }),
    )
}

fn said(output: &mut Output, text: &str, object: &serde_json::Value) -> Result<Exit, Failure> {
    match output.is_json() {
        true => output.object(object)?,
        false => output.remark(text)?,
    }
    Ok(Exit::Complete)
}
