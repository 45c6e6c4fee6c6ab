//! Acts: what is done, its entries and a checkpoint over them, committed together.

use std::sync::Arc;

use case_model::RecordName;
use case_store::Ledger;
use custody::{EntryBody, StoredEntry};

use super::{Session, named};
use crate::CaseworkError;
use crate::open_ledger::{OpenLedger, OpenRecord};
use crate::signer::{Signature, Signing, append_all};

impl Session {
    /// Does an act: whatever `work` writes, its entries and a checkpoint over them are committed in one transaction, or nothing is. When the
    /// lab's key is not at hand, the entries are committed without a checkpoint, and [`Self::signatures`] says so.
    ///
    /// # Errors
    /// What `work` says; [`CaseworkError::ReadOnly`]; [`CaseworkError::Refused`] and [`CaseworkError::Check`] when the ledger does not continue what was signed.
    pub fn act<T>(
        &mut self,
        name: &RecordName,
        work: impl FnOnce(&mut Ledger<'_>) -> Result<T, CaseworkError>,
    ) -> Result<T, CaseworkError> {
        self.must_be_writable()?;
        let keys = self.lab_keys()?;
        let trusted = self.lab.trusted_checkpoint(name)?;
        self.open_record(name)?;
        let author = Arc::clone(&self.author);
        let Self { lab, signer, cases, own, .. } = self;
        let signing = Signing { lab, author: &author, keys: &keys, trusted: trusted.as_ref() };
        let record = match name {
            RecordName::Case(id) => cases.get_mut(id).map(OpenLedger::record),
            RecordName::Lab => own.as_mut().map(|own| own.open.record()),
        };
        let OpenRecord { mut ledger, verified } =
            record.ok_or_else(|| CaseworkError::Check(format!("{name} is not open")))?;
        // Taken over only after the commit: what is rolled back was never read.
        let mut ahead = verified.clone();
        let (value, signature) = ledger.transaction(|ledger| {
            ahead.catch_up(name, ledger, signing.trusted)?;
            ahead.look_for_foreign();
            let value = work(ledger)?;
            let signature = signer.sign(name, ledger, &mut ahead, &signing)?;
            Ok::<_, CaseworkError>((value, signature))
        })?;
        *verified = ahead;
        verified.wrote();
        self.keep(name, signature)?;
        Ok(value)
    }

    /// Appends entries in one transaction and does not sign: for a ledger that does not name the key yet.
    pub(crate) fn append_unsigned(
        &mut self,
        name: &RecordName,
        entries: Vec<EntryBody>,
    ) -> Result<(), CaseworkError> {
        self.must_be_writable()?;
        let trusted = self.lab.trusted_checkpoint(name)?;
        let OpenRecord { mut ledger, verified } = self.open_record(name)?;
        ledger.transaction(|ledger| {
            verified.catch_up(name, ledger, trusted.as_ref())?;
            verified.look_for_foreign();
            append_all(ledger, entries.into_iter().map(|entry| named(name, entry)))?;
            Ok::<_, CaseworkError>(())
        })?;
        verified.catch_up(name, &ledger, trusted.as_ref())?;
        verified.wrote();
        Ok(())
    }

    /// Appends entries and signs.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub(crate) fn append_entries(
        &mut self,
        name: &RecordName,
        entries: Vec<EntryBody>,
    ) -> Result<(), CaseworkError> {
        self.act(name, |ledger| {
            Ok(append_all(ledger, entries.into_iter().map(|entry| named(name, entry)))?)
        })
    }

    /// Appends one entry and signs.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub fn append(
        &mut self,
        name: &RecordName,
        entry: EntryBody,
    ) -> Result<StoredEntry, CaseworkError> {
        let entry = named(name, entry);
        self.act(name, |ledger| Ok(ledger.append(&entry)?))
    }

    fn keep(&mut self, name: &RecordName, signature: Signature) -> Result<(), CaseworkError> {
        match &signature {
            Signature::Made(signed) => {
                self.lab.trust_checkpoint(name, signed)?;
                self.note_anchor(name, signed);
            }
            // What an earlier act of the session made is still to be told.
            Signature::NotNeeded if self.signatures.contains_key(name) => return Ok(()),
            Signature::NotNeeded | Signature::Unsigned(_) => {}
        }
        self.signatures.insert(name.clone(), signature);
        Ok(())
    }
}
