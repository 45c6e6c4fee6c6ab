//! Hash sets that the lab's ledger has imported and not removed, and whose files are gone.

use std::collections::BTreeMap;

use case_model::{RecordName, from_hex, to_hex};
use custody::content::{DecimalText, SetRemoveContent};
use custody::{Act, EntryView, StoredEntry};
use hash_set::Library;

use super::ranking::FORMAT as RANKING;
use super::remove::{CASES_LISTED, SetUsers};
use crate::{CaseworkError, Session};

/// Sets that a refusal names.
const MAX_NAMED: usize = 10;

/// A set that was imported, was never removed, and is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingSet {
    /// Its content digest.
    pub digest: [u8; 32],
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Entries that it had.
    pub entries: u64,
    /// The entry of the lab's ledger that tells of its import.
    pub seq: u64,
}

impl MissingSet {
    /// Returns true when a user means this set: by its name, or by at least four digits of its content digest.
    #[must_use]
    pub fn is_meant(&self, wanted: &str) -> bool {
        let digits = wanted.to_ascii_lowercase();
        self.name == wanted || (digits.len() >= 4 && to_hex(&self.digest).starts_with(&digits))
    }
}

impl Session {
    /// Returns the sets that the lab's ledger has and the library lacks.
    ///
    /// # Errors
    /// What the operating system or SQLite says.
    pub fn missing_sets(&self, library: &Library) -> Result<Vec<MissingSet>, CaseworkError> {
        if self.lab().is_lone_case() {
            return Ok(Vec::new());
        }
        Ok(missing_of(&self.own_ledger_as_it_is()?.ledger().entries()?, library))
    }

    /// Refuses work that looks up all sets of the lab when one of them is gone: its hits would be missing without a word.
    ///
    /// # Errors
    /// [`CaseworkError::Check`], which names the sets; what the operating system or SQLite says.
    pub fn refuse_missing_sets(&self, library: &Library) -> Result<(), CaseworkError> {
        let missing = self.missing_sets(library)?;
        match missing.as_slice() {
            [] => Ok(()),
            missing => Err(self.missing_error(missing)),
        }
    }

    /// Returns the refusal that names missing sets.
    #[must_use]
    pub fn missing_error(&self, missing: &[MissingSet]) -> CaseworkError {
        let named = missing.iter().take(MAX_NAMED).map(|set| {
            let digits: String = to_hex(&set.digest).chars().take(16).collect();
            let version =
                if set.version.is_empty() { String::new() } else { format!(" {}", set.version) };
            format!(
                "{}{version} (content digest {digits}…, imported by entry {} of the lab's ledger)",
                set.name, set.seq
            )
        });
        let named: Vec<String> = named.collect();
        let more = missing.len().saturating_sub(MAX_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        CaseworkError::Check(format!(
            "hash sets whose files are gone from {}: {}{more}. Nothing was looked up. Put the folder back, import the set again, or say that it \
             is given up: athar hash-set remove SET --reason …",
            self.lab().hash_sets().display(),
            named.join("; ")
        ))
    }

    /// Records that a missing set is given up.
    ///
    /// # Errors
    /// What keeps the entry from being written.
    pub fn remove_missing_set(
        &mut self,
        set: &MissingSet,
        users: &SetUsers,
        reason: &str,
    ) -> Result<(), CaseworkError> {
        let listed = users.cases.iter().take(CASES_LISTED).map(|(case, _)| case.to_string());
        let content = SetRemoveContent {
            set: set.name.clone(),
            version: set.version.clone(),
            digest: set.digest,
            entries: DecimalText(set.entries),
            cases_with_hits: DecimalText(users.cases.len() as u64),
            first_cases: listed.collect(),
            cases_not_asked: DecimalText(users.unknown.len() as u64),
        };
        let entry = self.author().entry(content).reason(reason);
        self.append(&RecordName::Lab, entry).map(drop)
    }
}

/// Returns the sets that entries of the lab's ledger imported and did not remove, and that the library lacks.
pub(crate) fn missing_of(entries: &[StoredEntry], library: &Library) -> Vec<MissingSet> {
    let mut there: BTreeMap<[u8; 32], MissingSet> = BTreeMap::new();
    // Members of a body are sorted, and `act` is the first: most entries need not be read.
    for entry in entries.iter().filter(|entry| entry.body.starts_with(br#"{"act":"set_"#)) {
        let Some(view) = EntryView::read(entry) else { continue };
        let Some(digest) = view.digest().and_then(digest) else { continue };
        match view.act() {
            Some(Act::SetImport) if view.format() != Some(RANKING) => {
                let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                let entries = view.entries().and_then(|text| text.parse().ok()).unwrap_or(0);
                let name = text(view.set());
                let version = text(view.version());
                there.insert(digest, MissingSet { digest, name, version, entries, seq: entry.seq });
            }
            Some(Act::SetRemove) => drop(there.remove(&digest)),
            _ => {}
        }
    }
    library.sets().iter().for_each(|set| drop(there.remove(&set.digest)));
    there.into_values().collect()
}

fn digest(text: &str) -> Option<[u8; 32]> {
    from_hex(text).ok()?.try_into().ok()
}
