//! Streams as CSV.

use std::io;

use csv::{Terminator, WriterBuilder};
use serde_json::{Map, Value};

use crate::fields::FIELDS;

/// Returns a text that no spreadsheet runs: those that begin like a formula, or like this escape, get a `'` in front.
fn no_formula(text: &str) -> String {
    const FIRST: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'];
    if text.starts_with(FIRST) { format!("'{text}") } else { text.to_owned() }
}

/// Fields of one hit, see [`fn@crate::each_hit`].
const HIT_COLUMNS: [&str; 8] = [
    "hit_severity",
    "hit_set",
    "hit_version",
    "hit_algorithm",
    "hit_class",
    "hit_label",
    "hit_digest",
    "hit_withdrawn_by",
];

/// Streams as CSV by RFC 4180: a header, CRLF, fields quoted where they must be. Lists and objects are JSON in their field;
/// what is not known is empty. A text that a spreadsheet would run as a formula, and one that begins with `'`, has a `'` in front:
/// without the first `'` it is the text.
pub struct CsvTable {
    columns: Vec<String>,
}

impl CsvTable {
    /// Returns the names of all fields in their order: with `case` in front, with the fields of one hit in the place of a list.
    #[must_use]
    pub fn fields(with_case: bool, each_hit: bool) -> Vec<&'static str> {
        let mut fields: Vec<&'static str> = if with_case { vec!["case"] } else { Vec::new() };
        fields.extend(
            FIELDS.iter().map(|field| field.name).filter(|name| !each_hit || *name != "hits"),
        );
        if each_hit {
            fields.extend(HIT_COLUMNS);
        }
        fields
    }

    /// Makes a table of these fields.
    #[must_use]
    pub fn new(columns: Vec<String>) -> Self {
        Self { columns }
    }

    /// Returns whether a field is wanted.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    /// Returns the header, with a byte order mark in front if it is wanted.
    ///
    /// # Errors
    /// None are known: memory takes it.
    pub fn header(&self, bom: bool) -> io::Result<Vec<u8>> {
        let mut header = if bom { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        header.extend(record(self.columns.iter().map(String::as_str))?);
        Ok(header)
    }

    /// Returns the record of a row.
    ///
    /// # Errors
    /// None are known: memory takes it.
    pub fn record(&self, row: &Map<String, Value>) -> io::Result<Vec<u8>> {
        let fields = self.columns.iter().map(|name| match row.get(name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => no_formula(text),
            Some(other) => other.to_string(),
        });
        record(fields)
    }
}

fn record(fields: impl IntoIterator<Item = impl AsRef<[u8]>>) -> io::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(fields)?;
    writer.into_inner().map_err(|error| error.into_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula_and_none_is_lost() {
        let texts = [
            "=HYPERLINK(\"http://x\")",
            "+1",
            "-1",
            "@SUM(1)",
            "\t=1",
            "\r=1",
            "'=1",
            "＝1",
            "/a=b",
            "",
            "a'",
        ];
        for text in texts {
            let cell = no_formula(text);
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝']), "{cell}");
            assert_eq!(cell.strip_prefix('\'').unwrap_or(&cell), text);
        }
        assert_eq!(no_formula("/a=b"), "/a=b");
    }
}
