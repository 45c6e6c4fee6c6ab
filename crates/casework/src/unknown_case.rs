//! A name that means no case.

use std::fmt;
use std::path::PathBuf;

/// A name that means no case of the lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCase {
    /// The name.
    pub name: String,
    /// The lab's folder.
    pub lab: PathBuf,
    /// What the lab's ledger says of a case that had the name, in words.
    pub past: Option<String>,
    /// Names of cases that look like it, the most alike first.
    pub near: Vec<String>,
}

impl fmt::Display for UnknownCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the lab in {} has no case {}", self.lab.display(), self.name)?;
        if let Some(past) = &self.past {
            write!(f, ": {past}")?;
        }
        match self.near.as_slice() {
            [] => Ok(()),
            near => write!(f, "; did you mean {}?", near.join(" or ")),
        }
    }
}
