//! What the lab's own ledger says of its cases: with which entry each begins, and an entry that each is known to have had.
//!
//! A case file that was replaced, rewritten or put back from an older copy agrees with itself. It does not agree with this.

use std::collections::BTreeMap;

use case_model::{RecordName, to_hex};
use case_store::{Ledger, StoreError};
use custody::{Act, EntryView, Hash, KeyHistory, KeyRole, StoredEntry};
use thiserror::Error;

use crate::case_past::{ClosedCase, FormerName, RemovedCase, hash};
use crate::discontinuity::Discontinuity;
use crate::ledger_check::VerifiedLedger;
use crate::quantities::counted;

/// How a body begins: its members are sorted, and `act` is the first.
const TELLING: [&[u8]; 8] = [
    br#"{"act":"case_create""#,
    br#"{"act":"backup""#,
    br#"{"act":"restore""#,
    br#"{"act":"checkpoint""#,
    br#"{"act":"case_rename""#,
    br#"{"act":"case_close""#,
    br#"{"act":"case_reopen""#,
    br#"{"act":"case_remove""#,
];

/// What the lab's ledger says of all cases.
#[derive(Clone, Debug, Default)]
pub(crate) struct LabKnowledge {
    cases: BTreeMap<String, KnownCase>,
    former: BTreeMap<String, FormerName>,
    removed: Vec<RemovedCase>,
}

/// What the lab's ledger says of one case.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownCase {
    /// The hash of its first entry; old labs did not name it.
    first: Option<Hash>,
    /// The last entry that it is known to have had.
    last: Option<KnownEntry>,
    /// The name with which it was created, if it got another one.
    created_as: Option<String>,
    /// That it was closed, unless it was opened again.
    closed: Option<ClosedCase>,
}

/// An entry that a case is known to have had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownEntry {
    /// Its number.
    pub(crate) seq: u64,
    hash: Hash,
    /// The entry of the lab's ledger that says so.
    said_by: u64,
    act: Act,
}

impl Discontinuity {
    /// Returns true when a renaming or a removal of the case is on record, and the file is where it was.
    #[must_use]
    pub const fn is_half_done(&self) -> bool {
        matches!(self, Self::Renamed { .. } | Self::Removed { .. })
    }

    /// Returns true when the file may be an older copy of the record: work can go on with it after that and why is on record.
    #[must_use]
    pub const fn is_older_copy(&self) -> bool {
        matches!(self, Self::Entry { .. } | Self::NoteGone { .. })
    }
}

impl LabKnowledge {
    /// Takes in an entry of the lab's ledger.
    pub(crate) fn observe(&mut self, entry: &StoredEntry) {
        if !TELLING.iter().any(|beginning| entry.body.starts_with(beginning)) {
            return;
        }
        let Some(view) = EntryView::read(entry) else { return };
        let (Some(act), Some(case)) = (view.act(), view.case()) else { return };
        match act {
            Act::CaseRename => return self.rename(case, &view, entry.seq),
            Act::CaseRemove => return self.remove(case, &view, entry.seq),
            _ => {}
        }
        let known = self.cases.entry(case.to_owned()).or_default();
        match act {
            Act::CaseCreate => {
                self.former.remove(case);
                known.first = known.first.or_else(|| view.first_entry().and_then(hash));
                return;
            }
            Act::CaseReopen => {
                known.closed = None;
                return;
            }
            Act::CaseClose => known.closed = Some(ClosedCase::of(&view, entry.seq)),
            _ => {}
        }
        let seq = if act == Act::Checkpoint { view.size() } else { view.number_of_entries() };
        let (Some(seq), Some(hash)) = (seq, view.head().and_then(hash)) else { return };
        // What was restored has given up what was known beyond it.
        if act == Act::Restore || known.last.is_none_or(|last| last.seq <= seq) {
            known.last = Some(KnownEntry { seq, hash, said_by: entry.seq, act });
        }
    }

    fn rename(&mut self, from: &str, view: &EntryView, said_by: u64) {
        let Some(to) = view.to() else { return };
        let mut known = self.cases.remove(from).unwrap_or_default();
        known.created_as.get_or_insert_with(|| from.to_owned());
        self.cases.insert(to.to_owned(), known);
        self.former.remove(to);
        self.former.insert(from.to_owned(), FormerName { to: to.to_owned(), said_by });
    }

    fn remove(&mut self, name: &str, view: &EntryView, said_by: u64) {
        self.cases.remove(name);
        self.removed.push(RemovedCase::of(name, view, said_by));
    }

    /// Returns the name that a case of this name got, if it got another one.
    pub(crate) fn renamed(&self, name: &str) -> Option<&FormerName> {
        self.former.get(name)
    }

    /// Returns the name that a case was created with: copies of it bear that name for ever.
    pub(crate) fn created_as<'n>(&'n self, name: &'n str) -> &'n str {
        self.cases.get(name).and_then(|known| known.created_as.as_deref()).unwrap_or(name)
    }

    /// Returns the names from which a case got this one.
    pub(crate) fn former_names_of(&self, name: &str) -> impl Iterator<Item = &str> {
        self.former
            .iter()
            .filter(move |(_, former)| former.to == name)
            .map(|(name, _)| name.as_str())
    }

    /// Returns the cases that were removed, in the order of their removal.
    pub(crate) fn removed(&self) -> &[RemovedCase] {
        &self.removed
    }

    /// Returns the last case of this name that was removed.
    pub(crate) fn last_removed(&self, name: &str) -> Option<&RemovedCase> {
        self.removed.iter().rfind(|removed| removed.name == name)
    }

    /// Returns why a file of this name is not that of a case of the lab.
    fn why_unknown(&self, name: &str) -> Discontinuity {
        if let Some(former) = self.renamed(name) {
            return Discontinuity::Renamed { to: former.to.clone(), said_by: former.said_by };
        }
        match self.last_removed(name) {
            Some(removed) => Discontinuity::Removed { said_by: removed.said_by },
            None => Discontinuity::Unknown,
        }
    }

    /// Returns what is known of a case.
    pub(crate) fn case(&self, name: &str) -> Option<&KnownCase> {
        self.cases.get(name)
    }

    /// Returns the names of all cases.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.cases.keys().map(String::as_str)
    }
}

impl KnownCase {
    /// Returns the hash of the case's first entry, if the lab's ledger names it.
    pub(crate) const fn first(&self) -> Option<Hash> {
        self.first
    }

    /// Returns the last entry that the case is known to have had.
    pub(crate) const fn last(&self) -> Option<KnownEntry> {
        self.last
    }

    /// Returns that the case is closed, if it is.
    pub(crate) const fn closed(&self) -> Option<&ClosedCase> {
        self.closed.as_ref()
    }

    fn compare(&self, ledger: &Ledger<'_>, verified: &VerifiedLedger) -> Result<(), Broken> {
        let hash_of = |seq: u64| match ledger.entry(seq)? {
            Some(entry) if seq <= verified.head().seq => Ok(Some(to_hex(&entry.hash))),
            _ => Ok::<_, StoreError>(None),
        };
        if let Some(expected) = self.first.as_ref().map(|hash| to_hex(hash)) {
            let found = hash_of(1)?.unwrap_or_default();
            if found != expected {
                return Err(Discontinuity::FirstEntry { expected, found }.into());
            }
        }
        let Some(last) = self.last.filter(|last| last.seq > 0) else { return Ok(()) };
        let expected = to_hex(&last.hash);
        let found = match hash_of(last.seq)? {
            Some(found) if found == expected => return Ok(()),
            Some(found) => format!("it has {found}"),
            None => format!(
                "the file has {}",
                counted(verified.head().seq, "good entry", "good entries")
            ),
        };
        Err(Discontinuity::Entry {
            seq: last.seq,
            said_by: last.said_by,
            act: last.act,
            expected,
            found,
        }
        .into())
    }
}

/// A comparison that could not be made, or did not agree.
#[derive(Debug, Error)]
pub(crate) enum Broken {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Past(#[from] Discontinuity),
}

/// Compares the ledger of a case with what the lab's ledger says of it. `keys` are those that the lab's ledger names.
pub(crate) fn compare_with_lab(
    name: &RecordName,
    ledger: &Ledger<'_>,
    verified: &VerifiedLedger,
    (known, keys): (&LabKnowledge, &KeyHistory),
) -> Result<(), Broken> {
    let RecordName::Case(id) = name else { return Ok(()) };
    match known.case(id.as_str()) {
        Some(known) => known.compare(ledger, verified)?,
        // The program may have been stopped when it had made the file and signed its keys, and not yet told the lab.
        None if verified.holds_creation_alone() => {}
        None => return Err(known.why_unknown(id.as_str()).into()),
    }
    match verified
        .keys()
        .keys()
        .iter()
        .find(|key| key.role == KeyRole::Log && keys.find(&key.key).is_none())
    {
        Some(key) => {
            let id = to_hex(&key.key.id());
            Err(Discontinuity::ForeignKey { id, added_by: key.added_by }.into())
        }
        None => Ok(()),
    }
}

/// Returns that the lab's copy of the last checkpoint is gone. Each checkpoint but the first is made after the copy of the one before it.
pub(crate) fn note_gone(
    ledger: &Ledger<'_>,
    is_trusted: bool,
    path: &std::path::Path,
) -> Result<Option<Discontinuity>, StoreError> {
    if is_trusted {
        return Ok(None);
    }
    let checkpoints = ledger.checkpoints()?.len();
    let gone = Discontinuity::NoteGone { checkpoints, path: path.display().to_string() };
    Ok(Some(gone).filter(|_| checkpoints > 1))
}
