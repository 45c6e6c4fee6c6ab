//! A list of problems of one kind that hostile evidence cannot make endless.

use byte_source::{Problem, ProblemKind, length};
use words::term;

/// Unreadable entries that are named one by one; of more, only the limit is reported.
const MOST_PROBLEMS: usize = 64;

/// Adds a problem as long as there are not too many of them.
pub(super) fn push_limited(
    problems: &mut Vec<Problem>,
    structure: &'static str,
    at: u64,
    kind: ProblemKind,
) {
    match problems.len() {
        count if count < MOST_PROBLEMS => problems.push(Problem::damage(structure, at, kind)),
        MOST_PROBLEMS => {
            let kind = ProblemKind::LimitReached {
                what: term!("fat.problems-one-kind-named"),
                limit: length(MOST_PROBLEMS),
            };
            problems.push(Problem::damage(structure, at, kind));
        }
        _ => {}
    }
}
