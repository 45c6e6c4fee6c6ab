//! Names of the lab's ledgers.

use std::fmt;

use crate::CaseId;

/// One of the lab's ledgers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordName {
    /// The lab's own.
    Lab,
    /// That of a case.
    Case(CaseId),
}

impl RecordName {
    /// Returns the case, unless it is the lab's own ledger.
    #[must_use]
    pub const fn case(&self) -> Option<&CaseId> {
        match self {
            Self::Lab => None,
            Self::Case(id) => Some(id),
        }
    }
}

impl fmt::Display for RecordName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lab => f.write_str("the lab's own ledger"),
            Self::Case(id) => write!(f, "case {id}"),
        }
    }
}
