//! What a scan says of a case that it made: the name may be a slip.

use std::path::Path;

use case_model::CaseId;
use serde_json::json;

use crate::exit::Failure;
use crate::output::Output;

/// Whether a scan made its case.
pub(super) enum NewCase {
    /// The case was there.
    No,
    /// It got the name that was given.
    Named {
        /// Cases of the lab with names like it.
        near: Vec<String>,
    },
    /// It was named by date and item: no name was given.
    Unnamed,
}

/// Says at the beginning that there was no such case. Names that look like it are said whatever was asked for.
pub(super) fn tell(
    new: &NewCase,
    id: &CaseId,
    path: &Path,
    output: &mut Output,
) -> Result<(), Failure> {
    let near = match new {
        NewCase::No => return Ok(()),
        NewCase::Unnamed => &[][..],
        NewCase::Named { near } => near,
    };
    let text = format!("New case {id}: {}", path.display());
    if near.is_empty() {
        return output.remark(&text);
    }
    let slip = slip(id, near);
    match output.shows_remarks() {
        true => output.line(&format!("{text}\n{slip}")),
        false => output.warn(
            &format!("{text}\n{slip}"),
            &json!({ "event": "new-case", "case": id.as_str(), "path": path.to_string_lossy(), "near": near, "undo": undo(id) }),
        ),
    }
}

/// Says at the end once more that the case was made by this scan, where its name may be a slip.
pub(super) fn tell_again(new: &NewCase, id: &CaseId, output: &mut Output) -> Result<(), Failure> {
    let NewCase::Named { near } = new else { return Ok(()) };
    if near.is_empty() {
        return Ok(());
    }
    output.remark(&format!(
        "  new case      {id} was made by this scan; like it: {}",
        near.join(", ")
    ))?;
    output.remark(&format!("                if the name is a slip: {} --index", undo(id)))
}

fn slip(id: &CaseId, near: &[String]) -> String {
    format!(
        "  There was no case of that name; like it: {}. If the name is a slip: Ctrl-C, then {}",
        near.join(", "),
        undo(id)
    )
}

fn undo(id: &CaseId) -> String {
    format!("athar case remove {id} --reason slip")
}
