//! What an answer about a case does not cover: said next to the answer, never in it, and never hidden by `--quiet`.

mod json;
mod words;

use case_model::CaseId;
use casework::{Coverage, Session};
use serde_json::json;

pub(crate) use self::json::{coverage_json, exhibit_json};
pub(crate) use self::words::{NO_HASH_SET, exhibit_lines, lines, short};
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Says on standard error what the answers about a case do not cover. The exit code of an answer is 3 then; a case that is covered whole
/// says nothing.
pub(crate) fn tell(
    session: &mut Session,
    id: &CaseId,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let coverage = session.coverage(id)?;
    say(&coverage, output)?;
    Ok(exit_of(&coverage))
}

/// As [`tell`], for a coverage that is known.
pub(crate) fn say(coverage: &Coverage, output: &mut Output) -> Result<(), Failure> {
    if !coverage.is_complete() {
        let event = json!({ "event": "coverage", "case": coverage.case.as_str(), "coverage": coverage_json(coverage) });
        output.warn(&lines(coverage).join("\n"), &event)?;
    }
    Ok(())
}

/// The exit code of an answer about a case.
pub(crate) fn exit_of(coverage: &Coverage) -> Exit {
    if coverage.is_complete() { Exit::Complete } else { Exit::Incomplete }
}

/// Says on standard error that hits are missing because no hash set was looked up.
pub(crate) fn tell_unmatched(coverage: &Coverage, output: &mut Output) -> Result<(), Failure> {
    let Some(text) = words::unmatched(coverage) else { return Ok(()) };
    let names: Vec<&str> = coverage.unmatched().map(|exhibit| exhibit.path.as_str()).collect();
    let event =
        json!({ "event": "no-hash-set", "case": coverage.case.as_str(), "not_matched": names });
    output.warn(&text, &event)
}
