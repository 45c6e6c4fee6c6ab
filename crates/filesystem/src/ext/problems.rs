//! A list of problems that hostile evidence cannot make endless.

use byte_source::{Problem, ProblemKind};
use words::term;

/// Problems kept of one structure with all it leads to; an examiner needs no more to know that it is broken.
const KEPT: usize = 64;

/// Problems of one structure (an inode with its mapping, the group descriptors).
#[derive(Debug, Default)]
pub(super) struct Problems {
    kept: Vec<Problem>,
    full: bool,
}

impl Problems {
    /// Adds one; beyond the limit the limit itself is told, once.
    pub(super) fn push(&mut self, problem: Problem) {
        if self.kept.len() < KEPT {
            return self.kept.push(problem);
        }
        if !self.full {
            self.full = true;
            let what = term!("ext.problems-told-one-structure");
            let kind = ProblemKind::LimitReached { what, limit: byte_source::length(KEPT) };
            self.kept.push(Problem { kind, ..problem });
        }
    }

    /// Adds the problem of a result and gives back the value.
    pub(super) fn take<T>(&mut self, result: Result<T, impl Into<Problem>>) -> Option<T> {
        result.map_err(|problem| self.push(problem.into())).ok()
    }

    /// All of them.
    pub(super) fn into_vec(self) -> Vec<Problem> {
        self.kept
    }

    /// All of them as notes: what is wrong with something deleted costs nothing.
    pub(super) fn into_notes(self) -> Vec<Problem> {
        self.kept.into_iter().map(Problem::as_note).collect()
    }
}
