//! Signs checkpoints of the lab's ledgers. The key is read, and its passphrase asked for, once and only when it is needed.

use case_model::RecordName;
use case_store::{Ledger, StoreError};
use custody::content::SchemaMigrateContent;
use custody::{
    Checkpoint, EntryBody, KeyHistory, KeyKind, SignedCheckpoint, SigningKey, VerifierKey,
};
use lab::Lab;
use pipeline::EntryAuthor;

use crate::key_ring::{log_key, log_key_of, missing_keys};
use crate::ledger_check::{VerifiedLedger, last_checkpoint};
use crate::{CaseworkError, KeyHolder};

/// Why the last entries of a ledger are under no checkpoint: the lab's key is not at hand. The entries are recorded, and the next act that
/// can sign covers them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned {
    /// Why, for people.
    pub why: String,
    /// The request named something that cannot be used, such as a file of a passphrase that is not there.
    is_request: bool,
    /// The first and last of the entries that others wrote and nobody signed, if these are why.
    foreign: Option<(u64, u64)>,
}

impl Unsigned {
    /// Returns why a ledger is not signed in which others wrote entries that nobody signed: who can write the file could have.
    fn foreign(name: &RecordName, from: u64, to: u64) -> Self {
        let (shown, adopted) = match name {
            RecordName::Case(id) => {
                (format!("athar custody show {id}"), format!("athar custody adopt {id}"))
            }
            RecordName::Lab => ("athar custody show".to_owned(), "athar custody adopt".to_owned()),
        };
        let why = format!(
            "entries {from} to {to} were signed by nobody, and another program wrote them: who can write the file could have. Look at them \
             (`{shown}`); if they are what was done, `{adopted} --reason …` takes them over and signs"
        );
        Self { why, is_request: false, foreign: Some((from, to)) }
    }

    /// Returns whether unsigned entries of others are why.
    #[must_use]
    pub const fn is_foreign(&self) -> bool {
        self.foreign.is_some()
    }
}

impl From<Unsigned> for CaseworkError {
    fn from(unsigned: Unsigned) -> Self {
        match unsigned.is_request {
            true => Self::Request(unsigned.why),
            false => Self::Check(unsigned.why),
        }
    }
}

impl From<CaseworkError> for Unsigned {
    fn from(error: CaseworkError) -> Self {
        let is_request = matches!(error, CaseworkError::Request(_));
        Self { why: error.to_string(), is_request, foreign: None }
    }
}

/// What became of signing a ledger.
#[derive(Clone, Debug)]
pub enum Signature {
    /// It did not grow since its last checkpoint.
    NotNeeded,
    /// This checkpoint was made.
    Made(SignedCheckpoint),
    /// None could be made.
    Unsigned(Unsigned),
}

/// Signs checkpoints.
pub(crate) struct Signer {
    pub(crate) holder: Box<dyn KeyHolder>,
    found: Option<FoundKey>,
}

/// The lab's key as it was found. It is not looked for again as long as the ledger names the same one.
struct FoundKey {
    public: Option<VerifierKey>,
    key: Result<SigningKey, Unsigned>,
}

/// What signing needs beside the ledger.
pub(crate) struct Signing<'s> {
    pub(crate) lab: &'s Lab,
    pub(crate) author: &'s EntryAuthor,
    /// The keys that the lab's ledger names.
    pub(crate) keys: &'s KeyHistory,
    pub(crate) trusted: Option<&'s SignedCheckpoint>,
}

impl Signer {
    pub(crate) fn new(holder: Box<dyn KeyHolder>) -> Self {
        Self { holder, found: None }
    }

    /// Takes a new key of the lab for the one to sign with, as soon as the ledger names it.
    pub(crate) fn prepare(&mut self, key: SigningKey) {
        let public = Some(key.verifier(KeyKind::Note));
        self.found = Some(FoundKey { public, key: Ok(key) });
    }

    /// Returns the lab's key. A key that was replaced meanwhile is read again.
    pub(crate) fn key(&mut self, lab: &Lab, keys: &KeyHistory) -> Result<SigningKey, Unsigned> {
        let public = log_key_of(keys).map(|record| record.key.clone());
        if let Some(found) = self.found.as_ref().filter(|found| found.public == public) {
            return found.key.clone();
        }
        let key = log_key(lab, keys, self.holder.as_ref()).map_err(Unsigned::from);
        self.found = Some(FoundKey { public, key: key.clone() });
        key
    }

    /// Signs a ledger that grew since its last checkpoint, in the transaction in which it grew: nobody can append in between. Entries that
    /// the ledger needs first (a change of its layout, keys that it does not name yet) are written before.
    pub(crate) fn sign(
        &mut self,
        name: &RecordName,
        ledger: &mut Ledger<'_>,
        verified: &mut VerifiedLedger,
        signing: &Signing<'_>,
    ) -> Result<Signature, CaseworkError> {
        record_migration(name, ledger, signing.author)?;
        verified.catch_up(name, ledger, signing.trusted)?;
        verified.must_be_whole(name)?;
        if verified.head().seq <= verified.covered() {
            return not_trusted_yet(name, ledger, verified.covered(), signing.trusted);
        }
        let keys = match name {
            // The act may have changed them.
            RecordName::Lab => verified.keys(),
            RecordName::Case(_) => signing.keys,
        };
        let key = match self.key(signing.lab, keys) {
            Ok(key) => key,
            Err(unsigned) => return Ok(Signature::Unsigned(unsigned)),
        };
        if let Some((from, to)) = verified.foreign() {
            return Ok(Signature::Unsigned(Unsigned::foreign(name, from, to)));
        }
        if let RecordName::Case(id) = name {
            let missing = missing_keys(signing.keys, verified.keys(), signing.author);
            append_all(ledger, missing.into_iter().map(|entry| entry.case(id.as_str())))?;
            verified.catch_up(name, ledger, signing.trusted)?;
        }
        let checkpoint = Checkpoint::new(verified.origin(), verified.head().seq, verified.root())
            .map_err(|error| {
            CaseworkError::Check(format!("{name}: no checkpoint can be made: {error}"))
        })?;
        let signed = checkpoint.sign(&key);
        ledger.store_checkpoint(&signed)?;
        verified.signed(&signed);
        Ok(Signature::Made(signed))
    }
}

/// Writes the entry about a change of the case file's layout, if none was written yet.
fn record_migration(
    name: &RecordName,
    ledger: &mut Ledger<'_>,
    author: &EntryAuthor,
) -> Result<(), StoreError> {
    let RecordName::Case(id) = name else { return Ok(()) };
    let Some(note) = ledger.take_migration()? else { return Ok(()) };
    let (copy_sha256, copy_of_before) = note.copy.unzip();
    let content =
        SchemaMigrateContent { from: note.from, to: note.to, copy_of_before, copy_sha256 };
    ledger.append(&author.entry(content).case(id.as_str()))?;
    Ok(())
}

/// Returns the last checkpoint if the lab does not keep it: a program was stopped between the two.
fn not_trusted_yet(
    name: &RecordName,
    ledger: &Ledger<'_>,
    covered: u64,
    trusted: Option<&SignedCheckpoint>,
) -> Result<Signature, CaseworkError> {
    if covered == 0 || trusted.is_some_and(|trusted| trusted.checkpoint().size() >= covered) {
        return Ok(Signature::NotNeeded);
    }
    Ok(last_checkpoint(name, ledger)?.map_or(Signature::NotNeeded, Signature::Made))
}

pub(crate) fn append_all(
    ledger: &mut Ledger<'_>,
    entries: impl IntoIterator<Item = EntryBody>,
) -> Result<(), StoreError> {
    entries.into_iter().try_for_each(|entry| ledger.append(&entry).map(drop))
}
