//! A value of a statement.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::{Value as Json, json};

use crate::{Statement, Term};

/// A value: a number, a text of the evidence or a name of a specification, bytes that are no text, or what
/// is said within.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Bytes, offsets, counts.
    Number(u64),
    /// A text that no language changes.
    Text(String),
    /// A name that is not UTF-8.
    Bytes(Vec<u8>),
    /// A statement within.
    Said(Statement),
}

impl Value {
    /// Returns the canonical JSON form.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::Number(number) => json!(number),
            Self::Text(text) => json!(text),
            Self::Bytes(bytes) => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                json!({ "hex": hex })
            }
            Self::Said(statement) => statement.to_json(),
        }
    }

    /// Returns the value of a JSON form; `None` for any other JSON.
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::Number(number) => number.as_u64().map(Self::Number),
            Json::String(text) => Some(Self::Text(text.clone())),
            Json::Object(object) => bytes_of_hex(object.get("hex")?.as_str()?).map(Self::Bytes),
            Json::Array(_) => Statement::from_json(json).map(Self::Said),
            Json::Null | Json::Bool(_) => None,
        }
    }
}

fn bytes_of_hex(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        hex.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    digits?.chunks(2).map(|pair| if let [high, low] = pair { Some(high << 4 | low) } else { None }).collect()
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Term> for Value {
    fn from(term: Term) -> Self {
        Self::Said(term.into())
    }
}

impl From<Statement> for Value {
    fn from(statement: Statement) -> Self {
        Self::Said(statement)
    }
}

impl From<&OsStr> for Value {
    fn from(name: &OsStr) -> Self {
        match name.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Bytes(name.as_bytes().to_vec()),
        }
    }
}
