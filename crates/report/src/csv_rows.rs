//! Streams as CSV.

use std::io::{self, Write};

use case_store::FoundRow;
use csv::{Terminator, Writer, WriterBuilder};
use serde_json::Value;

use crate::json_row;

/// The columns: the fields of [`json_row`], in this order.
const COLUMNS: [&str; 43] = [
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
    "low_information",
    "content_check",
    "hits",
];

/// Writes streams as CSV by RFC 4180: a header, CRLF, fields quoted where they must be. Lists and objects are JSON in their field;
/// what is not known is empty. Values stand as they are: a spreadsheet may take a name that begins with `=` for a formula.
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
            Some(Value::String(text)) => text.clone(),
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
