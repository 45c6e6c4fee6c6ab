//! What an extraction gave, for people and for the ledger.

use std::path::PathBuf;

use custody::content::{DecimalText, ExtractContent, NamedDigest};

use super::file::{ExtractState, ExtractedFile};
use super::manifest::WrittenManifest;

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
        self.ended.is_none()
            && self.partial == 0
            && self.different == 0
            && self.not_read == 0
            && self.name_taken == 0
    }

    pub(super) fn count(&mut self, file: &ExtractedFile) {
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
        let is_written =
            !matches!(file.state, ExtractState::FurtherName | ExtractState::AlreadyThere);
        if is_written && file.name.is_some() {
            self.bytes = self.bytes.saturating_add(file.bytes);
        }
    }
}

/// What the ledger says of an extraction that ended.
pub(super) fn content(what: String, to: String, given: &Extracted) -> ExtractContent {
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
