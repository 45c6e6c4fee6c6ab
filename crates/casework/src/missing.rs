//! What the lab's own ledger names and is not there.

use case_model::CaseId;
use hash_set::Library;

use crate::case_past::RemovedCase;
use crate::hash_sets::missing_of;
use crate::lab_knowledge::LabKnowledge;
use crate::{CaseworkError, MissingSet, Session};

/// Cases, records of removed cases and hash sets that the lab's ledger names, and whose files are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// The cases.
    pub cases: Vec<CaseId>,
    /// Removed cases whose kept records are gone.
    pub records: Vec<RemovedCase>,
    /// Renamed cases whose files are still where they were: the name before, and the name now.
    pub half_renamed: Vec<(String, CaseId)>,
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
        let records = self.records.iter().map(|removed| {
            format!(
                "case {}: entry {} of the lab's ledger removed it, and the record of it that was kept ({}) is gone; put it back",
                removed.name,
                removed.said_by,
                removed.file_name()
            )
        });
        let renamed = self.half_renamed.iter().map(|(from, to)| {
            format!("case {to}: its renaming was stopped half way; `athar case rename {from} {to} --reason …` finishes it")
        });
        cases.chain(records).chain(renamed).chain(sets).collect()
    }
}

impl Session {
    /// Returns what the lab's own ledger names and is not there.
    ///
    /// # Errors
    /// What the operating system or SQLite says.
    pub fn missing(&mut self) -> Result<Missing, CaseworkError> {
        let lab = self.lab().clone();
        if lab.is_lone_case() {
            return Ok(Missing::default());
        }
        let found =
            self.knowledge()?.map_or_else(Missing::default, |known| missing_cases(&lab, known));
        let library = Library::open(&self.lab().hash_sets())?;
        Ok(Missing { sets: self.missing_sets(&library)?, ..found })
    }
}

fn missing_cases(lab: &lab::Lab, known: &LabKnowledge) -> Missing {
    let mut missing = Missing::default();
    let named = known.names().filter_map(|name| CaseId::new(name).ok());
    for id in named.filter(|id| !lab.case_path(id).exists()) {
        let is_there =
            |name: &&str| CaseId::new(name).is_ok_and(|former| lab.case_path(&former).exists());
        let former = known.former_names_of(id.as_str()).find(is_there).map(str::to_owned);
        match former {
            Some(former) => missing.half_renamed.push((former, id)),
            None => missing.cases.push(id),
        }
    }
    let folder = lab.removed_folder();
    let gone = known.removed().iter().filter(|removed| !folder.join(removed.file_name()).exists());
    missing.records = gone.cloned().collect();
    missing
}

/// Returns what entries of the lab's ledger name and is not there, without a session.
pub(crate) fn missing_by(
    lab: &lab::Lab,
    entries: &[custody::StoredEntry],
) -> Result<Missing, CaseworkError> {
    let mut known = LabKnowledge::default();
    entries.iter().for_each(|entry| known.observe(entry));
    let library = Library::open(&lab.hash_sets())?;
    Ok(Missing { sets: missing_of(entries, &library), ..missing_cases(lab, &known) })
}
