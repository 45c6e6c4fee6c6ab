//! Checkpoints of the ledgers that a session works with, and the keys that sign them.

use case_model::RecordName;
use custody::{KeyHistory, SignedCheckpoint, SigningKey};

use super::Session;
use crate::CaseworkError;
use crate::create_lab::create_lab_key;
use crate::key_ring::log_key_of;
use crate::ledger_check::last_checkpoint;
use crate::open_ledger::OpenRecord;
use crate::signer::Signature;

impl Session {
    /// Signs a ledger if it grew since its last checkpoint.
    ///
    /// # Errors
    /// As [`Self::act`]. That the key is not at hand is no error: see [`Signature::Unsigned`].
    pub fn sign(&mut self, name: &RecordName) -> Result<Signature, CaseworkError> {
        self.act(name, |_| Ok(()))?;
        Ok(self.signatures.get(name).cloned().unwrap_or(Signature::NotNeeded))
    }

    /// Signs every ledger that this session worked with, if it grew. To be called at the end of a command or request, also of one that
    /// failed: what it appended before is then signed.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub fn sign_all(&mut self) -> Result<(), CaseworkError> {
        if self.read_only {
            return self.own.as_mut().and_then(|own| own.refused.take()).map_or(Ok(()), Err);
        }
        let cases: Vec<RecordName> = self.cases.keys().cloned().map(RecordName::Case).collect();
        for name in cases {
            if !self.is_signed(&name)? {
                self.sign(&name)?;
            }
        }
        // A lab whose own ledger does not fit is said by every command.
        if let Some(refused) = self.own.as_mut().and_then(|own| own.refused.take()) {
            self.own = None;
            return Err(refused);
        }
        self.tell_anchors()?;
        let own = self.own.as_ref().filter(|own| own.at_work).map(|_| RecordName::Lab);
        match own {
            Some(name) if !self.is_signed(&name)? => self.sign(&name).map(drop),
            _ => Ok(()),
        }
    }

    /// Returns whether this session's own checkpoint covers the last entry: then no lock of the file is needed to know.
    fn is_signed(&mut self, name: &RecordName) -> Result<bool, CaseworkError> {
        let made = matches!(self.signatures.get(name), Some(Signature::Made(_)));
        let OpenRecord { ledger, verified } = self.open_record(name)?;
        Ok(made && ledger.head()?.seq == verified.covered())
    }

    /// Returns the last checkpoint of a ledger, after signing what is not signed yet.
    ///
    /// # Errors
    /// As [`Self::act`]; that the key is not at hand.
    pub fn signed_checkpoint(
        &mut self,
        name: &RecordName,
    ) -> Result<SignedCheckpoint, CaseworkError> {
        if let Signature::Unsigned(unsigned) = self.sign(name)? {
            return Err(unsigned.into());
        }
        let last = last_checkpoint(name, &self.record(name)?.ledger)?;
        last.ok_or_else(|| {
            CaseworkError::Check(format!(
                "{name}: nothing is signed yet; any command that writes an entry signs"
            ))
        })
    }

    /// Returns the lab's key, unlocked.
    pub(crate) fn lab_key(&mut self) -> Result<SigningKey, CaseworkError> {
        let keys = self.lab_keys()?;
        Ok(self.signer.key(&self.lab, &keys)?)
    }

    /// Returns the keys that the lab's ledger names now; makes the lab's own on first need.
    ///
    /// # Errors
    /// What the operating system or SQLite says.
    pub fn lab_keys(&mut self) -> Result<KeyHistory, CaseworkError> {
        if self.lab.is_lone_case() {
            return Ok(KeyHistory::default());
        }
        let trusted = self.lab.trusted_checkpoint(&RecordName::Lab)?;
        let own = self.own()?;
        let OpenRecord { ledger, verified } = own.open.record();
        match verified.catch_up(&RecordName::Lab, &ledger, trusted.as_ref()) {
            Ok(()) => {}
            Err(refused @ CaseworkError::Refused(_)) => own.refused = Some(refused),
            Err(other) => return Err(other),
        }
        if log_key_of(own.open.verified.keys()).is_none() && !self.read_only {
            // A lab that was made before there were keys.
            create_lab_key(self)?;
        }
        Ok(self.own()?.open.verified.keys().clone())
    }
}
