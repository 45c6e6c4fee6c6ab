//! What analysers found in one stream.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Key of the finding that says that the analyser failed on the stream, a fault of this program. It has no other findings then.
pub(crate) const FAILED: (u8, &str) = (u8::MAX, "failed");
/// Key of the finding that says which limit was reached, and how often.
pub(crate) const LIMIT: (u8, &str) = (u8::MAX - 1, "limit");

/// One finding; analyser and key are numbers in the set that made it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct Finding {
    pub(crate) analyser: u8,
    pub(crate) key: u8,
    pub(crate) value: Cow<'static, str>,
}

impl Finding {
    /// Returns true for the report that the analyser failed on the stream.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.key == FAILED.0
    }

    /// Returns true for the report that a limit was reached.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.key == LIMIT.0
    }

    /// Returns the value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// A finding with the names of its analyser and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFinding {
    /// Number of the analyser in its set.
    pub analyser: usize,
    /// Key.
    pub key: &'static str,
    /// Value.
    pub value: Cow<'static, str>,
}

/// All findings of one stream. The first one needs no allocation: most streams have one, their content type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Findings {
    first: Option<Finding>,
    more: Vec<Finding>,
}

impl Findings {
    /// Returns the findings in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.first.iter().chain(&self.more)
    }

    /// Returns true when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(crate) fn push(&mut self, finding: Finding) {
        match self.first {
            None => self.first = Some(finding),
            Some(_) => self.more.push(finding),
        }
    }

    pub(crate) fn append(&mut self, other: Self) {
        other.into_iter().for_each(|finding| self.push(finding));
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::iter::Chain<std::option::IntoIter<Finding>, std::vec::IntoIter<Finding>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.more)
    }
}
