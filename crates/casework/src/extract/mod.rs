//! Files that are taken out of the evidence into a folder.

mod file;
mod manifest;
mod out_folder;
mod safe_name;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use case_model::{CaseId, Disposition, RecordName, StopToken, path_text};
use case_store::{CaseFile, EntryId, Filter, FoundRow};
use custody::content::{DecimalText, ExtractContent, ExtractStartContent, NamedDigest};
use hash_engine::Selection;
use look::ContentReader;

pub use file::{ExtractState, ExtractedFile};
pub use manifest::{ManifestForm, WrittenManifest};

use self::file::{Stopped, extract_file};
use self::manifest::Manifests;
use self::out_folder::OutFolder;
use crate::moved_evidence::MovedEvidence;
use crate::{CaseworkError, Session};

/// Manifests of one folder: more extractions into it than anybody makes.
const MOST_MANIFESTS: u32 = 10_000;

/// What to extract, and where to.
pub struct ExtractRequest<'r> {
    /// The question in words.
    pub query: String,
    /// The folder: files come into a folder of the case's name in it.
    pub to: &'r Path,
    /// Where the evidence is now, if it was moved: a file, or a folder that holds it.
    pub at: Option<&'r Path>,
    /// Why; goes into the ledger.
    pub reason: String,
    /// Worker threads for the digest of a moved medium.
    pub threads: usize,
    /// The manifests to write.
    pub forms: &'r mut [Box<dyn ManifestForm>],
}

/// What an extraction gave.
#[derive(Debug, Default)]
pub struct Extracted {
    /// The folder of the case.
    pub folder: PathBuf,
    /// Rows that matched.
    pub rows: u64,
    /// Files that the folder has whole: written now, or before.
    pub whole: u64,
    /// Of these, files that an earlier extraction wrote.
    pub already_there: u64,
    /// Bytes that were written.
    pub bytes: u64,
    /// Further names of files that were written.
    pub further_names: u64,
    /// Files with zeros in the place of what cannot be read.
    pub partial: u64,
    /// Files that are not what the index says.
    pub different: u64,
    /// Files that cannot be read back, or not in the clear.
    pub not_read: u64,
    /// Files whose name something else has in the folder.
    pub name_taken: u64,
    /// Rows without content: directories, links.
    pub without_content: u64,
    /// Rows whose content the scan left out by a rule.
    pub left_out: u64,
    /// The manifests.
    pub manifests: Vec<WrittenManifest>,
    /// Why it ended early.
    pub ended: Option<ExtractEnd>,
}

/// Why an extraction ended early. What was written until then is in the manifest and in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtractEnd {
    /// A stop was requested.
    Stopped,
    /// The folder cannot be written.
    Folder(String),
}

impl Extracted {
    /// Returns true when every matching content is in the folder as the index says.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        matches!(self.ended, None)
            && self.partial == 0
            && self.different == 0
            && self.not_read == 0
            && self.name_taken == 0
    }

    fn count(&mut self, file: &ExtractedFile) {
        let counter = match file.state {
            ExtractState::Whole | ExtractState::NotCompared => &mut self.whole,
            ExtractState::AlreadyThere => {
                self.already_there += 1;
                &mut self.whole
            }
            ExtractState::FurtherName => &mut self.further_names,
            ExtractState::Partial => &mut self.partial,
            ExtractState::Different => &mut self.different,
            ExtractState::NameTaken => &mut self.name_taken,
            ExtractState::NotRead => &mut self.not_read,
        };
        *counter += 1;
        let is_written = !matches!(file.state, ExtractState::FurtherName | ExtractState::AlreadyThere);
        if is_written && file.name.is_some() {
            self.bytes = self.bytes.saturating_add(file.bytes);
        }
    }
}

impl Session {
    /// Writes the files that match a filter into a folder, with manifests, and records it: when it begins, and what it gave. `each` hears of
    /// every file that is not whole.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when the folder or the evidence is not there: nothing was written. What keeps the ledger from being written.
    /// That the folder cannot be written on is in the answer.
    pub fn extract(
        &mut self,
        id: &CaseId,
        filter: &Filter,
        request: ExtractRequest<'_>,
        each: &mut dyn FnMut(&FoundRow, &ExtractedFile),
    ) -> Result<Extracted, CaseworkError> {
        let author = self.author();
        let started = author.now();
        let stop = self.stop().clone();
        let zones = self.exhibit_zones(id)?;
        let filter = Filter { zones, ..filter.clone() };
        let unusable = |error: io::Error| {
            CaseworkError::Request(format!(
                "{}: files cannot be written there: {error}",
                path_text(request.to)
            ))
        };
        let to = std::path::absolute(request.to).map_err(unusable)?;
        let folder =
            OutFolder::open_or_create(&to).and_then(|out| out.folder(id.as_str())).map_err(unusable)?;
        let stem = free_stem(&folder).map_err(unusable)?;
        let manifests = Manifests::create(&folder, &stem, request.forms).map_err(unusable)?;
        let name = RecordName::Case(id.clone());
        let what = format!("content of the files of {}", request.query);
        let to = path_text(folder.path());
        let start = ExtractStartContent { what: what.clone(), to: to.clone(), outcome: "begun" };
        self.record_answer(&name, author.entry(start).reason(request.reason.clone()))?;

        let mut evidence = MovedEvidence::new(request.at, request.threads, &stop);
        let case = self.case(id)?;
        let mut extraction = Extraction {
            case,
            folder: &folder,
            reader: ContentReader::new(
                case.code_page()?,
                Selection { md5: true, sha1: true, sha256: true, blake3: true },
            ),
            evidence: &mut evidence,
            stop: &stop,
            names: HashMap::new(),
            given: Extracted { folder: folder.path().to_owned(), ..Extracted::default() },
            manifests,
            failed: None,
        };
        case.find(&filter, &mut |row| extraction.row(&row, each))?;
        let Extraction { mut given, manifests, failed, .. } = extraction;
        match manifests.publish(&folder, &stem) {
            Ok(written) => given.manifests = written,
            Err(error) => given.ended = given.ended.or_else(|| Some(ExtractEnd::Folder(error.to_string()))),
        }
        self.record_answer(&name, author.entry_since(content(what, to, &given), started).reason(request.reason))?;
        match failed {
            Some(error) => Err(error),
            None => Ok(given),
        }
    }
}

/// An extraction that goes on.
struct Extraction<'e> {
    case: &'e CaseFile,
    folder: &'e OutFolder,
    reader: ContentReader,
    evidence: &'e mut MovedEvidence<'e>,
    stop: &'e StopToken,
    /// Files of entries that were handled, for their further names.
    names: HashMap<EntryId, ExtractedFile>,
    given: Extracted,
    manifests: Manifests<'e>,
    /// Why it cannot go on, beside the folder.
    failed: Option<CaseworkError>,
}

impl Extraction<'_> {
    /// Takes a row; false ends the extraction.
    fn row(&mut self, row: &FoundRow, each: &mut dyn FnMut(&FoundRow, &ExtractedFile)) -> bool {
        self.given.rows += 1;
        if self.stop.is_requested() {
            self.given.ended = Some(ExtractEnd::Stopped);
            return false;
        }
        if row.stream_kind == "none" {
            self.given.without_content += 1;
            return true;
        }
        if row.disposition == Disposition::Skipped {
            self.given.left_out += 1;
            return true;
        }
        let file = match self.file(row) {
            Ok(file) => file,
            Err(Ended::Folder(error)) => {
                let is_stop = error.get_ref().is_some_and(|inner| inner.is::<Stopped>());
                let end = if is_stop { ExtractEnd::Stopped } else { ExtractEnd::Folder(error.to_string()) };
                self.given.ended = Some(end);
                return false;
            }
            Err(Ended::Work(error)) => {
                self.given.ended = Some(ExtractEnd::Folder(error.to_string()));
                self.failed = Some(error);
                return false;
            }
        };
        self.given.count(&file);
        if !file.state.is_good() {
            each(row, &file);
        }
        if let Err(error) = self.manifests.record(self.case.id(), row, &file) {
            self.given.ended = Some(ExtractEnd::Folder(error.to_string()));
            return false;
        }
        true
    }

    fn file(&mut self, row: &FoundRow) -> Result<ExtractedFile, Ended> {
        if let Some(first) = self.names.get(&row.id) {
            return Ok(ExtractedFile { state: ExtractState::FurtherName, ..first.clone() });
        }
        let is_closed = |disposition: Disposition| row.disposition == disposition;
        if is_closed(Disposition::Encrypted) || is_closed(Disposition::Unsupported) {
            let why = row.rule.as_deref().map_or_else(
                || row.disposition.key().to_owned(),
                |rule| words::stored_text(rule, words::Language::English),
            );
            return Ok(ExtractedFile::without_content(ExtractState::NotRead, why));
        }
        let Some(mut entry) = self.case.stored_entry(row.id).map_err(CaseworkError::from)? else {
            return Ok(ExtractedFile::without_content(ExtractState::NotRead, "its row is gone".to_owned()));
        };
        entry.image_path = self.evidence.of(self.case, entry.image)?;
        let file =
            extract_file(self.folder, row, &entry, &mut self.reader, self.stop).map_err(Ended::Folder)?;
        // Only records with several names come again.
        if row.links.is_some_and(|links| links > 1) || row.further_name {
            self.names.insert(row.id, file.clone());
        }
        Ok(file)
    }
}

/// Why an extraction cannot go on.
enum Ended {
    Folder(io::Error),
    Work(CaseworkError),
}

impl From<CaseworkError> for Ended {
    fn from(error: CaseworkError) -> Self {
        Self::Work(error)
    }
}

/// Returns a name for manifests that no file of the folder has.
fn free_stem(folder: &OutFolder) -> io::Result<String> {
    for number in 1..MOST_MANIFESTS {
        let stem = if number == 1 { "manifest".to_owned() } else { format!("manifest-{number}") };
        let has = |name: String| folder.path().join(name).symlink_metadata().is_ok();
        let extensions = ["csv", "jsonl"];
        let is_taken = extensions.iter().any(|extension| {
            has(format!("{stem}.{extension}")) || has(format!(".{stem}.{extension}.athar-part"))
        });
        if !is_taken {
            return Ok(stem);
        }
    }
    Err(io::Error::other(format!("it has {MOST_MANIFESTS} manifests: name another folder")))
}

/// What the ledger says of an extraction that ended.
fn content(what: String, to: String, given: &Extracted) -> ExtractContent {
    ExtractContent {
        what,
        to,
        outcome: match &given.ended {
            None => "ended".to_owned(),
            Some(ExtractEnd::Stopped) => "stopped on request".to_owned(),
            Some(ExtractEnd::Folder(error)) => {
                format!("broken off: {}", error.chars().take(1_000).collect::<String>())
            }
        },
        rows: DecimalText(given.rows),
        files: DecimalText(given.whole),
        already_there: DecimalText(given.already_there),
        bytes: DecimalText(given.bytes),
        further_names: DecimalText(given.further_names),
        partial: DecimalText(given.partial),
        different: DecimalText(given.different),
        not_read: DecimalText(given.not_read),
        name_taken: DecimalText(given.name_taken),
        without_content: DecimalText(given.without_content),
        left_out: DecimalText(given.left_out),
        manifests: given
            .manifests
            .iter()
            .map(|manifest| NamedDigest { name: manifest.name.clone(), sha256: manifest.sha256 })
            .collect(),
    }
}
