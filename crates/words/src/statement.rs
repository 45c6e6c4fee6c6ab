//! A kind with its values, as it is stored and as it is said.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value as Json;

use crate::template::render;
use crate::{Language, Term, Value};

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
        array.then(|| serde_json::from_str(stored).ok()).flatten().and_then(|json| Self::from_json(&json))
    }

    /// Returns the sentence in a language; of an unknown kind its stored form.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        match language.template(&self.key) {
            Some(template) => render(template, &self.values, language),
            None => self.encode(),
        }
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

impl fmt::Display for Statement {
    /// Writes the English sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::English))
    }
}

impl Term {
    /// Returns the statement of this kind with a first value.
    #[must_use]
    pub fn with(self, value: impl Into<Value>) -> Statement {
        Statement::from(self).with(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term;

    #[test]
    fn a_statement_is_stored_and_read_as_it_was() {
        let reason = term!("bad.checksum").with("chunk").with(7_u64);
        let whole = term!("stream.part-unreadable").with(2_u64).with(u64::MAX).with(0_u64).with(reason);
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
        for stored in ["", "directory: its content is names", "[", "[]", "[7]", r#"["a",null]"#, &deep] {
            assert_eq!(Statement::decode(stored), None, "{stored:.40}");
        }
        let newer = Statement::decode(r#"["skip.of-a-newer-program",1]"#).unwrap();
        assert_eq!(newer.to_string(), r#"["skip.of-a-newer-program",1]"#);
    }
}
