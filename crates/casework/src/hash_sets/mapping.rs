//! What category codes mean in this lab.

use std::path::PathBuf;

use case_model::{HitDisposition, RecordName};
use custody::content::{CodeChange, DecimalText, MappingContent};
use hash_set::{CareList, CategoryMapping};

use super::rules;
use crate::{CaseworkError, Session};

/// Changes that an entry of the ledger spells out; the rest is counted.
const CHANGES_LISTED: usize = 200;
const NOT_MAPPED: &str = "not mapped";

/// A file of rules that people edit.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// The file.
    pub path: PathBuf,
    /// What it holds: `categories` or `care_list`.
    pub holds: &'static str,
    /// It was made now.
    pub made: bool,
}

/// A code whose meaning was changed.
#[derive(Clone, Debug)]
pub struct ChangedCode {
    /// The code.
    pub code: String,
    /// What it meant, in words.
    pub before: &'static str,
    /// What it means now.
    pub now: &'static str,
}

impl Session {
    /// Writes the files of rules where they are not there yet.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn make_rule_files(&self) -> Result<Vec<RuleFile>, CaseworkError> {
        let files = [
            (self.lab().categories_file(), CategoryMapping::TEMPLATE, "categories"),
            (self.lab().care_list_file(), CareList::BUNDLED, "care_list"),
        ];
        let mut rule_files = Vec::new();
        for (path, text, holds) in files {
            let made = rules::read(&path)?.is_none();
            if made {
                rules::write(&path, text)?;
            }
            rule_files.push(RuleFile { path, holds, made });
        }
        Ok(rule_files)
    }

    /// Changes what codes of a scheme mean, and records that. Returns what is changed: nothing when all is so already.
    ///
    /// # Errors
    /// That the rules cannot be read or written.
    pub fn change_mapping(
        &mut self,
        scheme: &str,
        set: &[(String, HitDisposition)],
        unset: &[String],
    ) -> Result<Vec<ChangedCode>, CaseworkError> {
        let mut mapping = rules::categories(self.lab())?;
        let mut changes = Vec::new();
        for (code, meaning) in set {
            let before = mapping.set(scheme, code, *meaning);
            if before != Some(*meaning) {
                let before = before.map_or(NOT_MAPPED, |one| one.key());
                changes.push(ChangedCode { code: code.clone(), before, now: meaning.key() });
            }
        }
        for code in unset {
            if let Some(before) = mapping.unset(scheme, code) {
                changes.push(ChangedCode {
                    code: code.clone(),
                    before: before.key(),
                    now: NOT_MAPPED,
                });
            }
        }
        if changes.is_empty() {
            return Ok(changes);
        }
        let listed = changes.iter().take(CHANGES_LISTED).map(|change| CodeChange {
            code: change.code.clone(),
            before: change.before,
            now: change.now,
        });
        let content = MappingContent {
            text: "the meaning of category codes in this lab was changed",
            scheme: scheme.to_owned(),
            changed: DecimalText(changes.len() as u64),
            changes: listed.collect(),
        };
        let entry = self.author().entry(content);
        self.append(&RecordName::Lab, entry)?;
        rules::write(&self.lab().categories_file(), &mapping.to_toml())?;
        Ok(changes)
    }
}
