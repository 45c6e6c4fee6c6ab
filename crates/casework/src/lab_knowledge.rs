//! What the lab's own ledger says of its cases: with which entry each begins, and an entry that each is known to have had.
//!
//! A case file that was replaced, rewritten or put back from an older copy agrees with itself. It does not agree with this.

use std::collections::BTreeMap;

use case_model::{RecordName, from_hex, to_hex};
use case_store::{Ledger, StoreError};
use custody::{Act, EntryView, Hash, KeyHistory, KeyRole, StoredEntry};
use thiserror::Error;

use crate::ledger_check::VerifiedLedger;
use crate::quantities::counted;

/// How a body begins: its members are sorted, and `act` is the first.
const TELLING: [&[u8]; 4] =
    [br#"{"act":"case_create""#, br#"{"act":"backup""#, br#"{"act":"restore""#, br#"{"act":"checkpoint""#];

/// What the lab's ledger says of all cases.
#[derive(Clone, Debug, Default)]
pub(crate) struct LabKnowledge {
    cases: BTreeMap<String, KnownCase>,
}

/// What the lab's ledger says of one case.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownCase {
    /// The hash of its first entry; old labs did not name it.
    first: Option<Hash>,
    /// The last entry that it is known to have had.
    last: Option<KnownEntry>,
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

/// How a file does not continue what is known of its past.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Discontinuity {
    /// The lab knows no such case.
    #[error(
        "the lab's ledger knows no case of this name: the file was written elsewhere, or the lab's ledger was replaced"
    )]
    Unknown,
    /// It begins with another entry.
    #[error(
        "its first entry has the hash {found}, and the lab's ledger says {expected}: it is another record of that name"
    )]
    FirstEntry {
        /// In the lab's ledger, in hexadecimal digits.
        expected: String,
        /// In the file.
        found: String,
    },
    /// An entry is gone or is another one.
    #[error(
        "entry {said_by} of the lab's ledger ({act}) says that its entry {seq} has the hash {expected}, and {found}: entries were cut off, rewritten, or the file is an older copy"
    )]
    Entry {
        /// The entry.
        seq: u64,
        /// The entry of the lab's ledger.
        said_by: u64,
        /// What that is about.
        act: Act,
        /// The hash in the lab's ledger, in hexadecimal digits.
        expected: String,
        /// What is there, in words.
        found: String,
    },
    /// It names a key as the lab's that the lab does not know.
    #[error(
        "entry {added_by} names the key {id} as the lab's, but the lab's ledger does not know it: this record was written elsewhere"
    )]
    ForeignKey {
        /// The key's id.
        id: String,
        /// The entry that names it.
        added_by: u64,
    },
    /// The lab's copy of the last checkpoint is gone.
    #[error(
        "it holds {}, and the lab's own copy of the last one is gone ({path}): entries behind an older one could have been cut off or rewritten",
        counted(*checkpoints, "checkpoint", "checkpoints")
    )]
    NoteGone {
        /// Checkpoints in the file.
        checkpoints: usize,
        /// Where the copy was.
        path: String,
    },
}

impl Discontinuity {
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
        let known = self.cases.entry(case.to_owned()).or_default();
        if act == Act::CaseCreate {
            known.first = known.first.or_else(|| view.first_entry().and_then(hash));
            return;
        }
        let seq = if act == Act::Checkpoint { view.size() } else { view.number_of_entries() };
        let (Some(seq), Some(hash)) = (seq, view.head().and_then(hash)) else { return };
        // What was restored has given up what was known beyond it.
        if act == Act::Restore || known.last.is_none_or(|last| last.seq <= seq) {
            known.last = Some(KnownEntry { seq, hash, said_by: entry.seq, act });
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
            None => format!("the file has {}", counted(verified.head().seq, "good entry", "good entries")),
        };
        Err(Discontinuity::Entry { seq: last.seq, said_by: last.said_by, act: last.act, expected, found }
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
        None => return Err(Discontinuity::Unknown.into()),
    }
    match verified.keys().keys().iter().find(|key| key.role == KeyRole::Log && keys.find(&key.key).is_none())
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

fn hash(digits: &str) -> Option<Hash> {
    from_hex(digits).ok()?.try_into().ok()
}
