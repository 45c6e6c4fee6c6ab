//! What the lab's own ledger names and is not there.

use case_model::CaseId;
use hash_set::Library;

use crate::hash_sets::missing_of;
use crate::lab_knowledge::LabKnowledge;
use crate::{CaseworkError, MissingSet, Session};

/// Cases and hash sets that the lab's ledger names, and whose files are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// The cases.
    pub cases: Vec<CaseId>,
    /// The sets.
    pub sets: Vec<MissingSet>,
}

impl Missing {
    /// Returns what is missing, in words: one sentence each.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let cases = self.cases.iter().map(|id| {
            format!("case {id}: the lab's ledger names it, and its file is gone; put it back, or `athar case restore` a copy")
        });
        let sets = self.sets.iter().map(|set| {
            format!(
                "hash set {}: entry {} of the lab's ledger imported it, and its files are gone; put them back, import it again, or \
                 `athar hash-set remove` says that it is given up",
                set.name, set.seq
            )
        });
        cases.chain(sets).collect()
    }
}

impl Session {
    /// Returns what the lab's own ledger names and is not there.
    ///
    /// # Errors
    /// What the operating system or SQLite says.
    pub fn missing(&mut self) -> Result<Missing, CaseworkError> {
        let lab = self.lab().clone();
        let cases = self.knowledge()?.map_or_else(Vec::new, |known| missing_cases(&lab, known));
        let library = Library::open(&self.lab().hash_sets())?;
        Ok(Missing { cases, sets: self.missing_sets(&library)? })
    }
}

fn missing_cases(lab: &lab::Lab, known: &LabKnowledge) -> Vec<CaseId> {
    let named = known.names().filter_map(|name| CaseId::new(name).ok());
    named.filter(|id| !lab.case_path(id).exists()).collect()
}

/// Returns what entries of the lab's ledger name and is not there, without a session.
pub(crate) fn missing_by(lab: &lab::Lab, entries: &[custody::StoredEntry]) -> Result<Missing, CaseworkError> {
    let mut known = LabKnowledge::default();
    entries.iter().for_each(|entry| known.observe(entry));
    let library = Library::open(&lab.hash_sets())?;
    Ok(Missing { cases: missing_cases(lab, &known), sets: missing_of(entries, &library) })
}
