//! Signs what a scan or a match appends to a case, each transaction in itself: a program that is killed leaves no unsigned entry.

use case_model::{CaseId, RecordName};
use case_store::{Countersign, Ledger, StoreError};
use custody::{Checkpoint, KeyKind, SigningKey};
use sha2::{Digest, Sha256};

use crate::ledger_check::VerifiedLedger;
use crate::{CaseworkError, Session};

/// Signs the transactions of one case.
struct Countersigner {
    name: RecordName,
    key: SigningKey,
    verified: VerifiedLedger,
    /// The state after the last transaction, if that was committed.
    ahead: Option<VerifiedLedger>,
    /// The ledger does not continue what was read or signed: nothing is signed any more, and the session's own act says why.
    refused: bool,
}

impl Session {
    /// Seals what a scan of a case goes on from with a key that is made from the lab's. Without that key at hand nothing can be taken for
    /// whole, and an interrupted scan begins from its start.
    pub(crate) fn seal_resume_state(&mut self, id: &CaseId) -> Result<(), CaseworkError> {
        let key = match self.lab_key() {
            Ok(key) => Sha256::new_with_prefix(b"athar-resume-key/v1\0")
                .chain_update(key.to_secret_text())
                .finalize()
                .into(),
            Err(_) => lab::random()?,
        };
        self.case(id)?.set_resume_key(key);
        Ok(())
    }

    /// Has the transactions of a case signed as they are committed. Without the key at hand they are not; the end of the act says so.
    pub(crate) fn countersign(&mut self, id: &CaseId) -> Result<(), CaseworkError> {
        let Ok(key) = self.lab_key() else { return Ok(()) };
        let name = RecordName::Case(id.clone());
        let verified = self.record(&name)?.verified.clone();
        let signer = Countersigner { name, key, verified, ahead: None, refused: false };
        self.case(id)?.set_countersign(Box::new(signer));
        Ok(())
    }
}

impl Countersigner {
    fn catch_up(
        &self,
        verified: &mut VerifiedLedger,
        ledger: &Ledger<'_>,
    ) -> Result<bool, StoreError> {
        match verified.catch_up(&self.name, ledger, None) {
            Ok(()) => Ok(verified.fault().is_none()),
            Err(CaseworkError::Store(error)) => Err(error),
            Err(_) => Ok(false),
        }
    }
}

impl Countersign for Countersigner {
    fn begun(&mut self, ledger: &mut Ledger<'_>) -> Result<(), StoreError> {
        if self.refused {
            return Ok(());
        }
        let head = ledger.head()?;
        if let Some(ahead) = self.ahead.take().filter(|ahead| ahead.head() == head) {
            self.verified = ahead;
        }
        if self.verified.head() != head {
            let mut verified = self.verified.clone();
            self.refused = !self.catch_up(&mut verified, ledger)?;
            self.verified = verified;
        }
        self.verified.look_for_foreign();
        Ok(())
    }

    fn ending(&mut self, ledger: &mut Ledger<'_>) -> Result<(), StoreError> {
        if self.refused || ledger.head()? == self.verified.head() {
            return Ok(());
        }
        let mut ahead = self.verified.clone();
        self.refused = !self.catch_up(&mut ahead, ledger)?;
        if self.refused {
            return Ok(());
        }
        let public = self.key.verifier(KeyKind::Note);
        let counts = ahead.keys().find(&public).is_some_and(|key| key.revoked_by.is_none());
        if counts
            && ahead.foreign().is_none()
            && let Ok(checkpoint) = Checkpoint::new(ahead.origin(), ahead.head().seq, ahead.root())
        {
            let signed = checkpoint.sign(&self.key);
            ledger.store_checkpoint(&signed)?;
            ahead.signed(&signed);
        }
        ahead.wrote();
        self.ahead = Some(ahead);
        Ok(())
    }
}
