//! `athar case withdraw`.

use std::path::Path;

use case_model::path_text;
use casework::{Session, case_id};
use serde_json::json;

use crate::arguments::WithdrawItem;
use crate::coverage;
use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Withdraws an item. The exit code says whether the case is complete without it.
pub(super) fn run(
    session: &mut Session,
    arguments: &WithdrawItem,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let id = case_id(&arguments.case)?;
    let item = arguments.item.as_str();
    // A path as it was typed for the scan is not absolute.
    let absolute =
        std::path::absolute(Path::new(item)).map_or(item.to_owned(), |path| path_text(&path));
    let known = session.coverage(&id)?.exhibits.into_iter().any(|exhibit| exhibit.path == absolute);
    let wanted = if known { absolute.as_str() } else { item };
    let withdrawn = session.withdraw_item(&id, wanted, &arguments.reason)?;
    let covered = session.coverage(&id)?;
    if output.is_json() {
        output.object(&json!({
            "case": id.as_str(), "withdrawn": withdrawn.path, "entry": withdrawn.seq,
            "coverage": coverage::coverage_json(&covered),
        }))?;
    } else {
        let path = safe(&withdrawn.path);
        let seq = withdrawn.seq;
        output
            .remark(&format!("{path} is withdrawn from case {id}: entry {seq} of its ledger."))?;
        coverage::say(&covered, output)?;
    }
    Ok(coverage::exit_of(&covered))
}
