//! Content that is taken out of the evidence.

use std::io::Write;
use std::path::Path;

use case_model::{CaseId, RecordName, path_text};
use case_store::{EntryId, StoredEntry};
use custody::content::{CatContent, CatInterruptedContent, DecimalText};
use look::{CatError, CatPart, CatReport, cat};

use crate::moved_evidence::MovedEvidence;
use crate::{CaseworkError, Session};

/// Characters of a path and of an error that an entry spells out.
const PATH_CHARACTERS: usize = 4_000;
const ERROR_CHARACTERS: usize = 1_000;

/// A content that was taken out.
#[derive(Clone, Debug)]
pub struct TakenContent {
    /// What was written.
    pub report: CatReport,
    /// The digest in the index, if that is another one: the evidence has changed since the scan.
    pub other_sha256: Option<Vec<u8>>,
}

impl Session {
    /// Writes the bytes of an entry to `out`, read back out of the evidence, and records it. `at` is where moved evidence is: a file, or a
    /// folder that holds it. Also when that ends early: some of the bytes
    /// were handed out.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when there is no such entry; why it cannot be read back or written.
    pub fn take_content(
        &mut self,
        id: &CaseId,
        entry: EntryId,
        part: CatPart,
        at: Option<&Path>,
        out: &mut dyn Write,
    ) -> Result<TakenContent, CaseworkError> {
        let stop = self.stop().clone();
        let case = self.case(id)?;
        let code_page = case.code_page()?;
        let mut stored = case.stored_entry(entry)?.ok_or_else(|| {
            CaseworkError::Request(format!(
                "case {id} has no entry {entry}; `athar find {id}` shows the entries"
            ))
        })?;
        if stored.stream_kind == "none" {
            return Err(without_content(id, &stored));
        }
        let recorded = stored.image_path.clone();
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        stored.image_path = MovedEvidence::new(at, threads, &stop).of(case, stored.image)?;
        let moved = (stored.image_path != recorded).then(|| path_text(&stored.image_path));
        let started = self.author().now();
        match cat(&stored, part, code_page, out) {
            Ok(report) => self.record_content(id, &stored, part, report, moved, started),
            Err(error) => {
                self.record_interrupted_content(id, &stored, &error, started)?;
                Err(error.into())
            }
        }
    }

    fn record_content(
        &mut self,
        id: &CaseId,
        stored: &StoredEntry,
        part: CatPart,
        report: CatReport,
        moved: Option<String>,
        started: i64,
    ) -> Result<TakenContent, CaseworkError> {
        // The index has the digest of the content alone.
        let indexed = stored.sha256.as_deref().filter(|_| part == CatPart::Content);
        let same = indexed.map(|sha256| sha256 == report.sha256);
        let content = CatContent {
            entry: row_number(stored),
            file: beginning(&stored.path, PATH_CHARACTERS),
            part: if part == CatPart::Slack { "slack" } else { "content" },
            bytes: DecimalText(report.bytes),
            unreadable_bytes: DecimalText(report.bad_bytes),
            sha256: report.sha256,
            agrees_with_index: same.map_or("not hashed", |same| if same { "yes" } else { "no" }),
            read_from: moved.map(|path| beginning(&path, PATH_CHARACTERS)),
        };
        let entry = self.author().entry_since(content, started);
        self.record_answer(&RecordName::Case(id.clone()), entry)?;
        let other_sha256 = indexed.filter(|_| same == Some(false)).map(<[u8]>::to_vec);
        Ok(TakenContent { report, other_sha256 })
    }

    fn record_interrupted_content(
        &mut self,
        id: &CaseId,
        stored: &StoredEntry,
        error: &CatError,
        started: i64,
    ) -> Result<(), CaseworkError> {
        let content = CatInterruptedContent {
            entry: row_number(stored),
            file: beginning(&stored.path, PATH_CHARACTERS),
            broken_off: beginning(&error.to_string(), ERROR_CHARACTERS),
        };
        let entry = self.author().entry_since(content, started);
        self.record_answer(&RecordName::Case(id.clone()), entry)
    }
}

/// An object that never had content: the evidence is as the index says.
fn without_content(id: &CaseId, stored: &StoredEntry) -> CaseworkError {
    let what = match stored.kind.as_str() {
        "directory" => {
            format!("a directory: its content is names; `athar find {id} --path PATH` lists them")
        }
        "link" => "a link: its target is in the index (`athar find … --json`)".to_owned(),
        "reserved" => "a record that the file system keeps for itself".to_owned(),
        "file" | "unknown" => "without a data stream".to_owned(),
        kind => format!("a {kind}"),
    };
    CaseworkError::Request(format!(
        "entry {} ({}) has no content to write: it is {what}",
        stored.id, stored.path
    ))
}

fn row_number(stored: &StoredEntry) -> DecimalText {
    DecimalText(u64::try_from(stored.id.number()).unwrap_or_default())
}

fn beginning(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
