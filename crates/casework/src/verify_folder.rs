//! Reads a folder again and compares its files with the index.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::Path;
use std::sync::Arc;

use case_model::{Digests, Disposition, StopToken};
use case_store::{CaseFile, Filter, FoundRow, ImageReport};
use evidence::{FolderItemKind, Spill, readable_folder_path, walk_folder_unless_stopped};
use hash_engine::Selection;
use look::{CatError, CatPart, ContentReader};

use crate::CaseworkError;
use crate::digest_comparison::{compared, digests_of_row};
use crate::medium_finding::{MAX_LISTED, MediumFinding, MediumState};
use crate::quantities::{counted, exact_bytes, noun};

/// Reads every file of a folder that the index has digests of, and looks for files that were not there at the scan. `own_lab` is left out.
///
/// # Errors
/// What SQLite says; that a stop was requested.
pub(crate) fn read_folder(
    case: &CaseFile,
    report: &ImageReport,
    path: &Path,
    own_lab: &Path,
    stop: &StopToken,
) -> Result<MediumFinding, CaseworkError> {
    let mut comparison = Comparison::new();
    if !path.is_dir() {
        let wrong = vec![format!("{} is no folder", path.display())];
        return Ok(MediumFinding {
            state: MediumState::Missing,
            sha256: None,
            unreadable: Vec::new(),
            wrong,
        });
    }
    let mut failed = None;
    let filter = Filter { images: Some(vec![report.id]), ..Filter::default() };
    case.find(&filter, &mut |row| {
        let compared = match stop.is_requested() {
            true => Err(pipeline::ScanError::Stopped.into()),
            false => comparison.row(case, &row, path),
        };
        failed = compared.err();
        failed.is_none()
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    let list = walk_folder_unless_stopped(path, Arc::new(Spill::in_memory()), Some(own_lab), stop)
        .ok_or(pipeline::ScanError::Stopped)?;
    for item in list.items().filter(|item| item.kind == FolderItemKind::File) {
        comparison.item(&item.relative);
    }
    Ok(comparison.finding())
}

/// What was found so far.
struct Comparison {
    reader: ContentReader,
    /// Hashes of the paths that the index has: their keys are random, so no evidence can make two of them one.
    hasher: RandomState,
    indexed: HashSet<u64>,
    unreadable: u64,
    changed: u64,
    wrong: Vec<String>,
}

impl Comparison {
    fn new() -> Self {
        Self {
            // A folder of the host has no FAT names.
            reader: ContentReader::new(0, Selection::ALL),
            hasher: RandomState::new(),
            indexed: HashSet::new(),
            unreadable: 0,
            changed: 0,
            wrong: Vec::new(),
        }
    }

    fn row(&mut self, case: &CaseFile, row: &FoundRow, folder: &Path) -> Result<(), CaseworkError> {
        self.indexed.insert(self.hasher.hash_one(row.path.as_str()));
        let is_compared = [Disposition::Hashed, Disposition::Empty].contains(&row.disposition);
        if !is_compared {
            return Ok(());
        }
        let Some(mut entry) = case.stored_entry(row.id)? else { return Ok(()) };
        entry.image_path = folder.to_owned();
        match self.reader.read(&entry, CatPart::Content, &mut io::sink()) {
            Ok(read) if read.bad_bytes > 0 => {
                self.unreadable = self.unreadable.saturating_add(1);
                self.say(format!("{}: {} cannot be read", row.path, exact_bytes(read.bad_bytes)));
            }
            Ok(read) => {
                if let Some(difference) = difference(row, read.bytes, &read.digests) {
                    self.differs(&row.path, &difference);
                }
            }
            Err(CatError::NotThere(..)) => self.differs(&row.path, "is not there any more"),
            Err(error) => {
                self.unreadable = self.unreadable.saturating_add(1);
                self.say(format!("{}: {error}", row.path));
            }
        }
        Ok(())
    }

    fn item(&mut self, relative: &[u8]) {
        let path = readable_folder_path(relative);
        if !self.indexed.contains(&self.hasher.hash_one(path.as_str())) {
            self.differs(&path, "was not there when it was scanned");
        }
    }

    fn differs(&mut self, path: &str, how: &str) {
        self.changed = self.changed.saturating_add(1);
        self.say(format!("{path}: {how}"));
    }

    fn say(&mut self, text: String) {
        if self.wrong.len() < MAX_LISTED {
            self.wrong.push(text);
        }
    }

    fn finding(mut self) -> MediumFinding {
        let all = self.changed.saturating_add(self.unreadable);
        let listed = u64::try_from(self.wrong.len()).unwrap_or(u64::MAX);
        if all > listed {
            self.wrong.pop();
            self.wrong.insert(
                0,
                format!(
                    "{} not as recorded; the first of them:",
                    counted(all, "file is", "files are")
                ),
            );
        }
        let state = match (self.unreadable, self.changed) {
            (0, 0) => MediumState::Agrees,
            (0, _) => MediumState::Different,
            _ => MediumState::Damaged,
        };
        MediumFinding { state, sha256: None, unreadable: Vec::new(), wrong: self.wrong }
    }
}

/// Returns how a content differs from the index, in words.
fn difference(row: &FoundRow, bytes: u64, digests: &Digests) -> Option<String> {
    if bytes != row.size {
        return Some(format!(
            "has {bytes} {}, recorded were {}",
            noun(bytes, "byte", "bytes"),
            row.size
        ));
    }
    compared(digests_of_row(row), digests).find_map(|each| each.difference())
}
