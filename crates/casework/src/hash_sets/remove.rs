//! Removes a hash set from the lab. Hits of it stay.

use case_model::{CaseId, RecordName};
use custody::content::{DecimalText, SetRemoveContent};
use hash_set::{Library, SetInfo};

use crate::{CaseworkError, Session};

/// Names of cases that an entry of the ledger spells out; the rest is counted.
pub(super) const CASES_LISTED: usize = 100;

/// Cases that have recorded hits of a set.
#[derive(Clone, Debug, Default)]
pub struct SetUsers {
    /// The cases, with the number of files.
    pub cases: Vec<(CaseId, u64)>,
    /// Cases that cannot be opened, and why.
    pub unknown: Vec<(CaseId, String)>,
}

impl Session {
    /// Returns the cases that have hits of a set.
    ///
    /// # Errors
    /// What the operating system says. Cases that cannot be opened are in the answer.
    pub fn users_of_set(&mut self, digest: &[u8; 32]) -> Result<SetUsers, CaseworkError> {
        let mut users = SetUsers::default();
        for id in self.lab().cases()? {
            let hits = self.case(&id).and_then(|case| Ok(case.entries_hit_by(digest)?));
            match hits {
                Ok(0) => {}
                Ok(hits) => users.cases.push((id.clone(), hits)),
                Err(error) => users.unknown.push((id.clone(), error.to_string())),
            }
            self.close_case(&id)?;
        }
        Ok(users)
    }

    /// Removes a set, after the lab's ledger says so.
    ///
    /// # Errors
    /// What keeps the entry from being written or the set from being removed.
    pub fn remove_set(
        &mut self,
        library: &mut Library,
        set: &SetInfo,
        users: &SetUsers,
        reason: &str,
    ) -> Result<(), CaseworkError> {
        // The entry first: a set that is gone without a word would be worse than one that is still there.
        let listed = users.cases.iter().take(CASES_LISTED).map(|(case, _)| case.to_string());
        let content = SetRemoveContent {
            set: set.name.clone(),
            version: set.version.clone(),
            digest: set.digest,
            entries: DecimalText(set.entries()),
            cases_with_hits: DecimalText(users.cases.len() as u64),
            first_cases: listed.collect(),
            cases_not_asked: DecimalText(users.unknown.len() as u64),
        };
        let entry = self.author().entry(content).reason(reason);
        self.append(&RecordName::Lab, entry)?;
        library.remove(&set.digest)?;
        Ok(())
    }
}
