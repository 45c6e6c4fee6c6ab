//! Streams as CSV.

use std::io::{self, Write};

use case_store::FoundRow;
use csv::{Terminator, Writer, WriterBuilder};
use serde_json::Value;

use crate::fields::FIELDS;

/// Returns a text that no spreadsheet runs: those that begin like a formula, or like this escape, get a `'` in front.
fn no_formula(text: &str) -> String {
    const FIRST: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'];
    if text.starts_with(FIRST) { format!("'{text}") } else { text.to_owned() }
}

/// Writes streams as CSV by RFC 4180: a header, CRLF, fields quoted where they must be. Lists and objects are JSON in their field;
/// what is not known is empty. A text that a spreadsheet would run as a formula, and one that begins with `'`, has a `'` in front:
/// without the first `'` it is the text.
pub struct CsvRows<W: Write> {
    writer: Writer<W>,
}

impl<W: Write> CsvRows<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(out: W) -> io::Result<Self> {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        writer.write_record(FIELDS.iter().map(|field| field.name)).map_err(io::Error::from)?;
        Ok(Self { writer })
    }

    /// Writes a stream.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn row(&mut self, row: &FoundRow) -> io::Result<()> {
        let fields = FIELDS.iter().map(|field| match (field.value)(row) {
            Value::Null => String::new(),
            Value::String(text) => no_formula(&text),
            other => other.to_string(),
        });
        self.writer.write_record(fields).map_err(io::Error::from)
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }
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
