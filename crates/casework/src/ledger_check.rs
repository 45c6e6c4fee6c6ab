//! Whether a ledger continues what was signed about it: the one place that decides whether the program works with it and signs it.
//!
//! A ledger is read from its first entry once. From then on its verified head is kept, and only entries behind it are read: an act costs as
//! much as its own entries, however long the ledger is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use case_model::RecordName;
use case_store::{Ledger, StoreError};
use custody::{
    ChainFault, CheckpointFault, EntryView, Hash, Head, KeyHistory, RecordVerifier,
    SignedCheckpoint, StoredEntry, VerifiedRecord,
};

use crate::CaseworkError;
use crate::lab_knowledge::LabKnowledge;
use crate::refusal::Refusal;

/// Who keeps a checkpoint, in words.
const BY_LAB: &str = "the last checkpoint that the lab kept";
const IN_FILE: &str = "the last checkpoint in its own file";
const IN_SESSION: &str = "what was read of it before";

/// A ledger that was read from its first entry to its last.
#[derive(Clone, Debug)]
pub struct LedgerReading {
    /// The record's name in checkpoints; empty for a ledger without a readable first entry.
    pub origin: String,
    /// Chain, roots and keys.
    pub record: VerifiedRecord,
}

impl LedgerReading {
    /// Reads all entries: the chain, the keys, and the roots at these sizes. What is wrong with the entries is in the answer.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn of(ledger: &Ledger<'_>, sizes: &[u64]) -> Result<Self, StoreError> {
        let last = ledger.last_checkpoint()?.map(|last| last.size);
        let mut verified = VerifiedLedger::before_first_entry(0, None);
        sizes.iter().chain(last.iter()).for_each(|size| verified.verifier.want(*size));
        verified.read_on(ledger)?;
        Ok(Self { origin: verified.origin, record: verified.verifier.finish() })
    }

    /// Returns the last good entry.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.record.chain.head
    }

    /// Returns the keys that the ledger names.
    #[must_use]
    pub const fn keys(&self) -> &KeyHistory {
        &self.record.keys
    }
}

/// A ledger as far as it was verified.
#[derive(Clone, Debug)]
pub struct VerifiedLedger {
    origin: String,
    verifier: RecordVerifier,
    /// The size that the largest stored checkpoint covers.
    covered: u64,
    /// Checkpoints that were compared with the entries, as text.
    compared: Vec<String>,
    /// The number of entries, from the first, that only create a ledger and name keys.
    creation: u64,
    /// The last entry that is no question and takes out no content.
    weighty: u64,
    /// Who wrote what: shared by all clones.
    authorship: Arc<Mutex<Authorship>>,
    /// What the lab's own ledger says of its cases.
    knowledge: Option<LabKnowledge>,
}

/// Which entries of a ledger this session wrote, of those that nobody signed.
#[derive(Clone, Copy, Debug, Default)]
struct Authorship {
    /// The last entry that this session wrote or looked at.
    own: u64,
    /// The first of the unsigned entries that others wrote.
    foreign_from: Option<u64>,
}

/// How the bodies of first entries begin.
const CREATING: [&[u8]; 2] = [br#"{"act":"lab_create""#, br#"{"act":"case_create""#];
/// How the body of an entry begins that names a key.
const NAMING_A_KEY: [&[u8]; 1] = [br#"{"act":"key_add""#];
/// How the bodies of questions begin, which are many.
const ASKING: [&[u8]; 2] = [br#"{"act":"query""#, br#"{"act":"cat""#];

impl VerifiedLedger {
    /// Reads a ledger from its first entry and compares it with the checkpoint that the lab trusts and the last one in its own file.
    ///
    /// # Errors
    /// What SQLite says. The inner error is [`CaseworkError::Refused`] when the ledger does not fit; it can be looked at all the same.
    pub(crate) fn read(
        name: &RecordName,
        ledger: &Ledger<'_>,
        trusted: Option<&SignedCheckpoint>,
    ) -> Result<(Self, Result<(), CaseworkError>), CaseworkError> {
        let knowledge = (*name == RecordName::Lab).then(LabKnowledge::default);
        let mut verified = Self::before_first_entry(0, knowledge);
        match verified.catch_up(name, ledger, trusted) {
            Ok(()) => {
                verified.look_for_foreign();
                Ok((verified, Ok(())))
            }
            Err(refused @ CaseworkError::Refused(_)) => Ok((verified, Err(refused))),
            Err(other) => Err(other),
        }
    }

    /// The bodies of the first `signed` entries are hashed and not read: a checkpoint of that size is compared with them.
    fn before_first_entry(signed: u64, knowledge: Option<LabKnowledge>) -> Self {
        Self {
            origin: String::new(),
            verifier: RecordVerifier::new([]).with_signed(signed),
            covered: 0,
            compared: Vec::new(),
            creation: 0,
            weighty: 0,
            authorship: Arc::default(),
            knowledge,
        }
    }

    /// Notes which entries others wrote and nobody signed. To be called before this session writes: what it wrote itself is below
    /// [`Self::take_as_own`]. A ledger that was only created is nobody's history yet.
    pub(crate) fn look_for_foreign(&self) {
        let head = self.head().seq;
        let is_of_creation = self.is_of_creation();
        let mut authorship = self.authorship();
        let known = self.covered.max(authorship.own);
        if authorship.foreign_from.is_some_and(|from| from <= self.covered) {
            authorship.foreign_from = None;
        }
        if head > known && !is_of_creation {
            authorship.foreign_from = authorship.foreign_from.or(Some(known.saturating_add(1)));
        }
        authorship.own = head;
    }

    /// Takes all entries for this session's: somebody decided so by an act.
    pub(crate) fn take_as_own(&self) {
        *self.authorship() = Authorship { own: self.head().seq, foreign_from: None };
    }

    /// Notes that this session wrote all that came since [`Self::look_for_foreign`].
    pub(crate) fn wrote(&self) {
        self.authorship().own = self.head().seq;
    }

    /// Returns the first and last of the entries that others wrote and nobody signed.
    #[must_use]
    pub fn foreign(&self) -> Option<(u64, u64)> {
        let Authorship { own, foreign_from } = *self.authorship();
        foreign_from.filter(|from| *from > self.covered).map(|from| (from, own.max(from)))
    }

    /// A program that panicked while it held two numbers leaves two numbers.
    fn authorship(&self) -> MutexGuard<'_, Authorship> {
        self.authorship.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns true for a ledger whose entries do nothing but create it and name keys, and of which nothing is signed.
    #[must_use]
    pub(crate) const fn is_of_creation(&self) -> bool {
        self.covered == 0 && self.holds_creation_alone()
    }

    /// Returns true for a ledger whose entries do nothing but create it and name keys, signed or not.
    #[must_use]
    pub(crate) const fn holds_creation_alone(&self) -> bool {
        self.creation == self.head().seq
    }

    /// Returns the last entry that is no question and takes out no content.
    pub(crate) const fn weighty(&self) -> u64 {
        self.weighty
    }

    /// Returns what the lab's own ledger says of its cases; `None` for other ledgers.
    pub(crate) const fn knowledge(&self) -> Option<&LabKnowledge> {
        self.knowledge.as_ref()
    }

    /// Reads what was appended since, and compares the ledger with both checkpoints where they changed.
    ///
    /// # Errors
    /// [`CaseworkError::Refused`] when the ledger no longer continues what was read or signed; what SQLite says.
    pub(crate) fn catch_up(
        &mut self,
        name: &RecordName,
        ledger: &Ledger<'_>,
        trusted: Option<&SignedCheckpoint>,
    ) -> Result<(), CaseworkError> {
        let own = last_checkpoint(name, ledger)?;
        let checkpoints: Vec<(&'static str, &SignedCheckpoint)> = trusted
            .map(|signed| (BY_LAB, signed))
            .into_iter()
            .chain(own.as_ref().map(|own| (IN_FILE, own)))
            .collect();
        let sizes: Vec<u64> =
            checkpoints.iter().map(|(_, signed)| signed.checkpoint().size()).collect();
        let begun = self.verifier.head().seq > 0;
        if begun && self.continues(ledger)? && !sizes.iter().any(|size| self.has_passed(*size)) {
            sizes.iter().for_each(|size| self.verifier.want(*size));
            self.read_on(ledger)?;
        } else {
            self.read_again(name, ledger, &sizes)?;
        }
        self.covered = own.as_ref().map_or(0, |own| own.checkpoint().size());
        self.compare(name, &checkpoints)
    }

    /// Compares with the checkpoints that were not compared before.
    fn compare(
        &mut self,
        name: &RecordName,
        checkpoints: &[(&'static str, &SignedCheckpoint)],
    ) -> Result<(), CaseworkError> {
        let texts: Vec<String> = checkpoints.iter().map(|(_, signed)| signed.to_string()).collect();
        if texts.iter().any(|text| !self.compared.contains(text)) {
            let record = self.verifier.so_far();
            for (which, signed) in checkpoints {
                match record.judge_checkpoint(&self.origin, signed, &[]) {
                    // That a key was revoked later says nothing about the entries.
                    Ok(_) | Err(CheckpointFault::VoidKey { .. }) => {}
                    Err(fault) => return Err(refusal(name, which, fault)),
                }
            }
        }
        self.compared = texts;
        Ok(())
    }

    /// Returns whether the file still holds the last entry that was read.
    fn continues(&self, ledger: &Ledger<'_>) -> Result<bool, StoreError> {
        let head = self.verifier.head();
        if self.verifier.fault().is_some() {
            return Ok(false);
        }
        Ok(head.seq == 0 || ledger.entry(head.seq)?.is_some_and(|entry| entry.hash == head.hash))
    }

    /// Returns whether the root of this size is not known any more.
    fn has_passed(&self, size: u64) -> bool {
        size < self.verifier.head().seq && self.verifier.root_at(size).is_none()
    }

    fn read_on(&mut self, ledger: &Ledger<'_>) -> Result<(), StoreError> {
        ledger.each_after(self.verifier.head().seq, &mut |entry| {
            if self.origin.is_empty() {
                self.origin = origin_of(&entry).unwrap_or_default();
            }
            // The fault is kept by the verifier.
            if self.verifier.push(&entry).is_ok() {
                self.note(&entry);
            }
        })
    }

    fn note(&mut self, entry: &StoredEntry) {
        let begins = |beginnings: &[&[u8]]| {
            beginnings.iter().any(|beginning| entry.body.starts_with(beginning))
        };
        let creating: &[&[u8]] = if entry.seq == 1 { &CREATING } else { &NAMING_A_KEY };
        if self.creation + 1 == entry.seq && begins(creating) {
            self.creation = entry.seq;
        }
        if !begins(&ASKING) {
            self.weighty = entry.seq;
        }
        if let Some(knowledge) = &mut self.knowledge {
            knowledge.observe(entry);
        }
    }

    /// Reads everything again. What was read before must still be there.
    fn read_again(
        &mut self,
        name: &RecordName,
        ledger: &Ledger<'_>,
        sizes: &[u64],
    ) -> Result<(), CaseworkError> {
        let size = self.verifier.head().seq;
        let expected = self.root();
        let knowledge = self.knowledge.as_ref().map(|_| LabKnowledge::default());
        let mut again =
            Self::before_first_entry(sizes.iter().copied().max().unwrap_or(0), knowledge);
        again.authorship = Arc::clone(&self.authorship);
        sizes.iter().chain([&size]).for_each(|size| again.verifier.want(*size));
        again.read_on(ledger)?;
        match again.verifier.root_at(size) {
            Some(found) if found != expected => {
                return Err(refusal(
                    name,
                    IN_SESSION,
                    CheckpointFault::Rewritten { size, expected, found },
                ));
            }
            None => {
                let entries = again.verifier.head().seq;
                return Err(refusal(name, IN_SESSION, CheckpointFault::CutOff { size, entries }));
            }
            Some(_) => {}
        }
        *self = again;
        Ok(())
    }

    /// Takes a checkpoint that was just made of the present head.
    pub(crate) fn signed(&mut self, signed: &SignedCheckpoint) {
        let size = signed.checkpoint().size();
        self.verifier.want(size);
        self.covered = size;
        self.compared = vec![signed.to_string()];
        self.verifier.keep_roots(&[size]);
    }

    /// Returns the record's name in checkpoints.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the last good entry.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.verifier.head()
    }

    /// Returns the root over all entries up to the head.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.verifier.root()
    }

    /// Returns the keys that the ledger names.
    #[must_use]
    pub const fn keys(&self) -> &KeyHistory {
        self.verifier.keys()
    }

    /// Returns the number of entries that the last stored checkpoint covers.
    #[must_use]
    pub const fn covered(&self) -> u64 {
        self.covered
    }

    /// Returns the first entry that is not what was written, if there is one.
    #[must_use]
    pub const fn fault(&self) -> Option<&ChainFault> {
        self.verifier.fault()
    }

    /// Returns an error unless the chain is whole. A broken one is never signed.
    ///
    /// # Errors
    /// [`CaseworkError::Check`], with the first bad entry.
    pub(crate) fn must_be_whole(&self, name: &RecordName) -> Result<(), CaseworkError> {
        match self.fault() {
            None => Ok(()),
            Some(fault) => Err(CaseworkError::Check(format!(
                "{name}: the custody ledger was changed: {fault}; it is not signed any more, `athar custody verify` says what is left"
            ))),
        }
    }
}

fn refusal(record: &RecordName, which: &'static str, fault: CheckpointFault) -> CaseworkError {
    CaseworkError::Refused(Box::new(Refusal { record: record.clone(), which, fault }))
}

/// Returns the checkpoint that covers most entries, read.
pub(crate) fn last_checkpoint(
    name: &RecordName,
    ledger: &Ledger<'_>,
) -> Result<Option<SignedCheckpoint>, CaseworkError> {
    let own = ledger.last_checkpoint()?.map(|last| SignedCheckpoint::from_bytes(&last.note));
    own.transpose().map_err(|why| CaseworkError::Checkpoint { record: name.clone(), why })
}

/// Returns the record's name in checkpoints; empty without a readable first entry.
pub(crate) fn origin(ledger: &Ledger<'_>) -> Result<String, StoreError> {
    Ok(ledger.entry(1)?.as_ref().and_then(origin_of).unwrap_or_default())
}

/// Returns the name of a record in checkpoints, as its first entry says it: `lab_create` names its own, `case_create` the lab's, to which
/// the case is added. The same for the record's whole life, whatever becomes of the lab's settings or of the file's name.
fn origin_of(first: &StoredEntry) -> Option<String> {
    let view = EntryView::read(first)?;
    match (view.origin(), view.lab(), view.case()) {
        (Some(origin), _, None) => Some(origin.to_owned()),
        (None, Some(lab), Some(case)) => Some(format!("{lab}/{case}")),
        _ => None,
    }
}
