//! The name of a case.

use std::fmt;

use thiserror::Error;

/// Longest case name in bytes: file systems allow 255 for a name, and `.db-wal` is added to it.
const LONGEST_BYTES: usize = 128;

/// The name of a case, safe as a file name: letters and digits of any script, `-`, `_`, `.`, not beginning with a dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId(String);

/// A case name that cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InvalidCaseId {
    /// No characters.
    #[error("the case name is empty")]
    Empty,
    /// A leading dot would hide the file.
    #[error("the case name {0:?} begins with a dot")]
    LeadingDot(String),
    /// Too long for a file name.
    #[error("the case name has {0} bytes, at most {LONGEST_BYTES} fit a file name")]
    TooLong(usize),
    /// A character that file systems or people trip over.
    #[error(
        "the case name {name:?} holds {character:?}; letters, digits, '-', '_' and '.' are allowed"
    )]
    Character {
        /// The name.
        name: String,
        /// The first character that is not allowed.
        character: char,
    },
}

impl CaseId {
    /// Checks a name.
    ///
    /// # Errors
    /// What makes the name unusable.
    pub fn new(name: &str) -> Result<Self, InvalidCaseId> {
        if name.is_empty() {
            return Err(InvalidCaseId::Empty);
        }
        if name.starts_with('.') {
            return Err(InvalidCaseId::LeadingDot(name.to_owned()));
        }
        if name.len() > LONGEST_BYTES {
            return Err(InvalidCaseId::TooLong(name.len()));
        }
        match name.chars().find(|c| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))) {
            Some(character) => Err(InvalidCaseId::Character { name: name.to_owned(), character }),
            None => Ok(Self(name.to_owned())),
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_name_cannot_leave_the_cases_folder() {
        assert!(CaseId::new("2026-0142").is_ok());
        assert!(CaseId::new("قضية-12").is_ok());
        for bad in ["", "..", "../x", "a/b", "a b", "a\0b", ".hidden"] {
            assert!(CaseId::new(bad).is_err(), "{bad:?}");
        }
    }
}
