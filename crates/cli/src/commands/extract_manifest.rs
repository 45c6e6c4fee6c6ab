//! The manifest of extracted files as CSV and JSON Lines.

use std::io;

use case_model::{CaseId, to_hex};
use case_store::FoundRow;
use casework::{ExtractedFile, ManifestForm};
use report::{CsvTable, json_row};
use serde_json::{Map, Value, json};

/// Fields of a manifest that are not those of the index.
const OWN: [&str; 11] = [
    "file",
    "extracted",
    "why",
    "written_bytes",
    "unreadable_bytes",
    "written_md5",
    "written_sha1",
    "written_sha256",
    "written_blake3",
    "read_from",
    "case",
];

/// Returns both forms.
pub(super) fn forms() -> Vec<Box<dyn ManifestForm>> {
    let columns =
        OWN.into_iter().chain(CsvTable::fields(false, false)).map(str::to_owned).collect();
    vec![Box::new(Csv(CsvTable::new(columns))), Box::new(JsonLines)]
}

struct Csv(CsvTable);

impl ManifestForm for Csv {
    fn extension(&self) -> &'static str {
        "csv"
    }

    fn head(&mut self) -> io::Result<Vec<u8>> {
        self.0.header(false)
    }

    fn record(
        &mut self,
        case: &CaseId,
        row: &FoundRow,
        file: &ExtractedFile,
    ) -> io::Result<Vec<u8>> {
        self.0.record(&object(case, row, file))
    }
}

struct JsonLines;

impl ManifestForm for JsonLines {
    fn extension(&self) -> &'static str {
        "jsonl"
    }

    fn head(&mut self) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn record(
        &mut self,
        case: &CaseId,
        row: &FoundRow,
        file: &ExtractedFile,
    ) -> io::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(&Value::Object(object(case, row, file)))?;
        line.push(b'\n');
        Ok(line)
    }
}

/// Returns a record: what became of the file, then the stream as the index has it.
pub(super) fn object(case: &CaseId, row: &FoundRow, file: &ExtractedFile) -> Map<String, Value> {
    let mut object = Map::new();
    let hex = |digest: Option<&[u8]>| digest.map_or(Value::Null, |digest| json!(to_hex(digest)));
    let digests = &file.digests;
    let own = [
        json!(file.name),
        json!(file.state.key()),
        json!(file.why),
        json!(file.bytes),
        json!(file.unreadable_bytes),
        hex(digests.md5.as_ref().map(<[u8; 16]>::as_slice)),
        hex(digests.sha1.as_ref().map(<[u8; 20]>::as_slice)),
        hex(digests.sha256.as_ref().map(<[u8; 32]>::as_slice)),
        hex(digests.blake3.as_ref().map(<[u8; 32]>::as_slice)),
        json!(file.read_from),
        json!(case.as_str()),
    ];
    let present = OWN.into_iter().zip(own).filter(|(_, value)| !value.is_null());
    object.extend(present.map(|(name, value)| (name.to_owned(), value)));
    if let Value::Object(of_index) = json_row(row) {
        object.extend(of_index);
    }
    object
}
