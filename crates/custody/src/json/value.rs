//! The values.

use std::collections::BTreeMap;

use thiserror::Error;

/// The largest integer, and with a minus sign the smallest, that is written as a JSON number: 2^53 − 1 (RFC 8785, section 3.2.2.3
/// and RFC 7493, section 2.2). Larger ones are written as decimal strings, because many readers keep numbers as doubles.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// How deep lists and objects may be nested. Bodies are shallow; the limit keeps recursion bounded on hostile ones.
pub const MAX_DEPTH: usize = 32;

/// The members of an object. Written in the order of their names' UTF-16 code units.
pub type Object = BTreeMap<String, Json>;

/// A JSON value without floating point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer; beyond ±[`MAX_INTEGER`] it is written as a decimal string.
    Int(i64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(Object),
}

/// What keeps bytes or a value from being canonical JSON.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum JsonError {
    /// Nested too deep.
    #[error("lists and objects are nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Not JSON at all (the reader's sentence says where).
    #[error("not JSON: {0}")]
    Syntax(String),
    /// A number that is no integer within ±(2^53 − 1).
    #[error("the number {0} is no integer within ±(2^53 − 1)")]
    Number(String),
    /// JSON, but not in the form that RFC 8785 gives it.
    #[error("not in canonical form (RFC 8785): byte {at} differs")]
    NotCanonical {
        /// The first byte that differs from the canonical form.
        at: usize,
    },
}

impl Json {
    /// The member `name` of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(name),
            _ => None,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a non-negative integer, be it written as a number or (beyond 2^53 − 1) as a decimal string.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Int(value) => u64::try_from(*value).ok(),
            Self::Text(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok(),
            _ => None,
        }
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Json {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<u64> for Json {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or_else(|_| Self::Text(value.to_string()), Self::Int)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Json>> for Json {
    fn from(list: Vec<Json>) -> Self {
        Self::List(list)
    }
}

impl From<Object> for Json {
    fn from(members: Object) -> Self {
        Self::Object(members)
    }
}

impl<const N: usize> From<[(&str, Json); N]> for Json {
    fn from(members: [(&str, Json); N]) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}
