//! Why a text is no pattern.

use thiserror::Error;

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PatternError {
    /// It holds no character.
    #[error("the pattern is empty")]
    Empty,
    /// A name with `/`.
    #[error("{0:?} has a / in it, and no name has: ask for a path")]
    SlashInName(String),
    /// A range whose end is before its start.
    #[error("the range [{0}-{1}] holds no character: its end is before its start")]
    ReversedRange(char, char),
    /// Longer than the limit.
    #[error("the pattern has {0} characters; at most {1} are understood")]
    TooLong(usize, usize),
    /// More alternatives than the limit.
    #[error("the braces of the pattern make more than {0} alternatives")]
    TooManyAlternatives(usize),
}
