//! Streams as CSV.

use std::io::{self, Write};

use case_store::FoundRow;
use csv::{Terminator, Writer, WriterBuilder};
use serde_json::Value;

use crate::json_row;

/// The columns: the fields of [`json_row`], in this order.
const COLUMNS: [&str; 45] = [
    "id",
    "image",
    "volume_offset",
    "file_system",
    "path",
    "allocated",
    "orphan",
    "kind",
    "stream",
    "metadata",
    "size",
    "md5",
    "sha1",
    "sha256",
    "blake3",
    "digests_of",
    "disposition",
    "rule",
    "confidence",
    "content_type",
    "record",
    "generation",
    "further_name",
    "modified",
    "accessed",
    "changed",
    "created",
    "deleted",
    "times_raw",
    "name_times_raw",
    "mode",
    "uid",
    "gid",
    "links",
    "attributes",
    "target",
    "name_raw",
    "details",
    "extents",
    "extents_exact",
    "extents_why",
    "unreadable",
    "low_information",
    "content_check",
    "hits",
];

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
        writer.write_record(COLUMNS).map_err(io::Error::from)?;
        Ok(Self { writer })
    }

    /// Writes a stream.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn row(&mut self, row: &FoundRow) -> io::Result<()> {
        let object = json_row(row);
        let fields = COLUMNS.map(|name| match object.get(name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => no_formula(text),
            Some(other) => other.to_string(),
        });
        self.writer.write_record(&fields).map_err(io::Error::from)
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
