//! What reading a medium or a folder again showed.

use case_model::UnreadableRange;

/// Ranges and sentences that an entry spells out; the rest is counted.
pub const MAX_LISTED: usize = 100;

/// How a medium compares with what was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediumState {
    /// It is what was recorded.
    Agrees,
    /// It can be read, and is another one.
    Different,
    /// It cannot be read, or not wholly.
    Damaged,
    /// It is not there.
    Missing,
}

impl MediumState {
    /// Returns the word in entries.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Different => "DIFFERENT",
            Self::Damaged => "DAMAGED",
            Self::Missing => "NOT FOUND",
        }
    }
}

/// What reading a medium again showed.
#[derive(Clone, Debug)]
pub struct MediumFinding {
    /// How it compares.
    pub state: MediumState,
    /// The digest found now.
    pub sha256: Option<Vec<u8>>,
    /// Ranges that could not be read: first byte, length, why.
    pub unreadable: Vec<UnreadableRange>,
    /// What does not agree, in words.
    pub wrong: Vec<String>,
}
