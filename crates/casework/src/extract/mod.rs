//! Files that are taken out of the evidence into a folder.

mod file;
mod manifest;
mod out_folder;
mod outcome;
mod safe_name;

use std::collections::HashMap;
use std::io;
use std::path::Path;

use case_model::{CaseId, Disposition, RecordName, StopToken, path_text};
use case_store::{CaseFile, EntryId, Filter, FoundRow};
use custody::content::ExtractStartContent;
use hash_engine::Selection;
use look::ContentReader;

pub use file::{ExtractState, ExtractedFile};
pub use manifest::{ManifestForm, WrittenManifest};
pub use outcome::{ExtractEnd, Extracted};

use self::file::{Stopped, extract_file};
use self::manifest::Manifests;
use self::out_folder::OutFolder;
use self::outcome::content;
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
        let folder = OutFolder::open_or_create(&to)
            .and_then(|out| out.folder(id.as_str()))
            .map_err(unusable)?;
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
            reader: ContentReader::new(case.code_page()?, Selection::ALL),
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
            Err(error) => {
                given.ended = given.ended.or_else(|| Some(ExtractEnd::Folder(error.to_string())))
            }
        }
        self.record_answer(
            &name,
            author.entry_since(content(what, to, &given), started).reason(request.reason),
        )?;
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
    /// Why it cannot continue, with the folder.
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
                let end = if is_stop {
                    ExtractEnd::Stopped
                } else {
                    ExtractEnd::Folder(error.to_string())
                };
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
            return Ok(ExtractedFile::without_content(
                ExtractState::NotRead,
                "its row is gone".to_owned(),
            ));
        };
        entry.image_path = match self.evidence.of(self.case, entry.image) {
            Ok(path) => path,
            // Other exhibits may be there.
            Err(CaseworkError::Request(why)) => {
                return Ok(ExtractedFile::without_content(ExtractState::NotRead, why));
            }
            Err(error) => return Err(error.into()),
        };
        let file = extract_file(self.folder, row, &entry, &mut self.reader, self.stop)
            .map_err(Ended::Folder)?;
        // Only records with several names come again.
        if row.links.is_some_and(|links| links > 1) || row.further_name {
            self.names.insert(row.id, file.clone());
        }
        Ok(file)
    }
}

/// Why an extraction cannot continue.
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
