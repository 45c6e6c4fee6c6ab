//! Takes a hash set into the lab.

use std::path::Path;

use case_model::{RecordName, to_hex};
use custody::content::{Companion, DecimalText, SetImportContent};
use custody::{Act, EntryView, StoredEntry};
use hash_set::{ImportOptions, ImportReport, Library, Outcome, Progress};

use crate::{CaseworkError, Session};

/// Files that were read with a set which an entry spells out.
const MAX_COMPANIONS: usize = 100;

impl Session {
    /// Imports a set and records it in the lab's ledger. A set that is there already has its entry, unless the program was killed before
    /// that was written.
    ///
    /// # Errors
    /// Why the file cannot be imported.
    pub fn import_set(
        &mut self,
        library: &mut Library,
        file: &Path,
        options: &ImportOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<ImportReport, CaseworkError> {
        self.must_be_writable()?;
        if options.name.as_deref().is_some_and(|name| name.trim().is_empty()) {
            return Err(CaseworkError::Request(
                "--name is empty: a set is known by its name; nothing was imported".to_owned(),
            ));
        }
        let started = self.author().now();
        let options = ImportOptions { stop: self.stop().clone(), ..options.clone() };
        let report = library
            .import(file, &options, progress)
            .map_err(|error| CaseworkError::Import { file: file.display().to_string(), error })?;
        let mut content = content(&report);
        if report.outcome == Outcome::AlreadyThere {
            let entries = self.record(&RecordName::Lab)?.ledger.entries()?;
            if is_recorded(&entries, &to_hex(&report.set.digest)) {
                return Ok(report);
            }
            content.remark =
                Some("registered by an earlier run that ended before it wrote this entry");
        }
        let entry = self.author().entry_since(content, started);
        if let Err(unrecorded) = self.append(&RecordName::Lab, entry) {
            // A set that no entry tells of must not be looked up.
            if report.outcome == Outcome::Added {
                library.remove(&report.set.digest)?;
            }
            return Err(unrecorded);
        }
        Ok(report)
    }
}

/// Is the last that the ledger says of the set that it was imported?
fn is_recorded(entries: &[StoredEntry], digest: &str) -> bool {
    let mut views = entries.iter().rev().filter_map(EntryView::read);
    views.find(|view| view.digest() == Some(digest)).and_then(|view| view.act())
        == Some(Act::SetImport)
}

fn content(report: &ImportReport) -> SetImportContent {
    let set = &report.set;
    let tally = &report.tally;
    let companions = set.companions.iter().take(MAX_COMPANIONS);
    SetImportContent {
        set: set.name.clone(),
        version: set.version.clone(),
        digest: set.digest,
        format: set.format.key(),
        disposition: set.disposition.key(),
        category_scheme: set.category_scheme.clone(),
        source: set.source.name.clone(),
        source_sha256: set.source.sha256,
        companions: companions
            .map(|file| Companion { name: file.name.clone(), sha256: file.sha256 })
            .collect(),
        entries: DecimalText(tally.entries),
        duplicates: DecimalText(tally.duplicates),
        rejected: DecimalText(tally.rejected),
        empty_files_dropped: DecimalText(tally.empty_files),
        remark: None,
    }
}
