//! Problems of images that are looked at without a case.

use byte_source::{Problem, Severity};
use serde_json::{Value, json};

use crate::display::safe;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Says what is wrong, and how to end because of it. `place` maps offsets to the medium.
pub(crate) fn print_problems<'p>(
    problems: impl IntoIterator<Item = &'p Problem>,
    place: impl Fn(u64) -> u64,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let mut exit = Exit::Complete;
    for problem in problems {
        let damage = problem.severity == Severity::Damage;
        if damage {
            exit = Exit::Incomplete;
        }
        let placed = Problem { at: place(problem.at), ..problem.clone() };
        let word = if damage { "damage" } else { "note" };
        if output.is_json() {
            output.object(&json!({ "problem": word, "at": placed.at, "structure": placed.structure, "text": placed.to_string() }))?;
        } else {
            output.line(&format!("  {word:<12}  {}", safe(&placed.to_string())))?;
        }
    }
    Ok(exit)
}

/// Problems as JSON.
pub(crate) fn problems_json<'p>(
    problems: impl IntoIterator<Item = &'p Problem>,
    place: impl Fn(u64) -> u64,
) -> Value {
    let object = |problem: &Problem| {
        let placed = Problem { at: place(problem.at), ..problem.clone() };
        let word = if problem.severity == Severity::Damage { "damage" } else { "note" };
        json!({ "problem": word, "at": placed.at, "structure": placed.structure, "text": placed.to_string() })
    };
    Value::Array(problems.into_iter().map(object).collect())
}
