//! Why a tool could not do its work; what the program did wrong is in [`crate::Figures`].

use std::fmt;

/// What every step gives.
pub type Outcome<T> = Result<T, Failure>;

/// A sentence for the developer.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure, in a sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// Says what was attempted when something failed.
pub trait Attempt<T> {
    /// Puts what was attempted before the error.
    ///
    /// # Errors
    /// The error, with that.
    fn when(self, attempt: impl fmt::Display) -> Outcome<T>;
}

impl<T, E: fmt::Display> Attempt<T> for Result<T, E> {
    fn when(self, attempt: impl fmt::Display) -> Outcome<T> {
        self.map_err(|error| Failure(format!("{attempt}: {error}")))
    }
}
