//! A kind with its values, and how it is stored.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::{Value as Json, json};

use crate::Term;

/// What is said: the key of a kind, and its values in their order.
///
/// Stored as a JSON array without spaces: the key, then the values; a statement within is an array again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Statement {
    key: Cow<'static, str>,
    values: Vec<Value>,
}

impl From<Term> for Statement {
    fn from(term: Term) -> Self {
        Self { key: Cow::Borrowed(term.key()), values: Vec::new() }
    }
}

impl Statement {
    /// Returns the statement of a kind with one more value.
    #[must_use]
    pub fn with(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Returns the key of its kind.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the values in their order.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Returns whether it is of this kind.
    #[must_use]
    pub fn is(&self, term: Term) -> bool {
        self.key == term.key()
    }

    /// Returns the canonical form in which the index stores it.
    #[must_use]
    pub fn encode(&self) -> String {
        self.to_json().to_string()
    }

    /// Returns the statement of a stored form; `None` for a text of another kind, such as the sentence of an
    /// old case. A kind that this program does not know is a statement as well: a newer program wrote it.
    #[must_use]
    pub fn decode(stored: &str) -> Option<Self> {
        // Sentences begin with a letter: nothing is parsed of them.
        let array = stored.starts_with('[');
        array
            .then(|| serde_json::from_str(stored).ok())
            .flatten()
            .and_then(|json| Self::from_json(&json))
    }

    pub(crate) fn to_json(&self) -> Json {
        let key = Json::String(self.key.clone().into_owned());
        Json::Array(std::iter::once(key).chain(self.values.iter().map(Value::to_json)).collect())
    }

    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        let (key, values) = json.as_array()?.split_first()?;
        let key = Cow::Owned(key.as_str()?.to_owned());
        Some(Self { key, values: values.iter().map(Value::from_json).collect::<Option<_>>()? })
    }
}

impl Term {
    /// Returns the statement of this kind with a first value.
    #[must_use]
    pub fn with(self, value: impl Into<Value>) -> Statement {
        Statement::from(self).with(value)
    }
}

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
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    digits?
        .chunks(2)
        .map(|pair| if let [high, low] = pair { Some(high << 4 | low) } else { None })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term;

    #[test]
    fn a_statement_is_stored_and_read_as_it_was() {
        let reason = term!("bad.checksum").with("chunk").with(7_u64);
        let whole =
            term!("stream.part-unreadable").with(2_u64).with(u64::MAX).with(0_u64).with(reason);
        let stored = whole.encode();
        assert_eq!(
            stored,
            r#"["stream.part-unreadable",2,18446744073709551615,0,["bad.checksum","chunk",7]]"#
        );
        assert_eq!(Statement::decode(&stored), Some(whole.clone()));
        let text = "2 of 18446744073709551615 bytes unreadable, first at 0: chunk 7: checksum does not match";
        assert_eq!(whole.to_string(), text);
        let bytes = term!("skip.directory").with(Value::Bytes(vec![0xff, 0x0a]));
        assert_eq!(Statement::decode(&bytes.encode()), Some(bytes));
    }

    #[test]
    fn what_is_no_statement_is_not_taken_for_one() {
        let deep = "[".repeat(100_000);
        for stored in
            ["", "directory: its content is names", "[", "[]", "[7]", r#"["a",null]"#, &deep]
        {
            assert_eq!(Statement::decode(stored), None, "{stored:.40}");
        }
        let newer = Statement::decode(r#"["skip.of-a-newer-program",1]"#).unwrap();
        assert_eq!(newer.to_string(), r#"["skip.of-a-newer-program",1]"#);
    }
}
