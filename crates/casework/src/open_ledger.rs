//! A ledger's file, opened once, with the verified head of its entries.

use case_model::RecordName;
use case_store::{CaseFile, Ledger, LedgerFile};
use custody::SignedCheckpoint;

use crate::CaseworkError;
use crate::ledger_check::VerifiedLedger;

/// A file that holds a ledger.
pub(crate) trait HoldsLedger {
    /// Returns the ledger.
    fn ledger(&mut self) -> Ledger<'_>;
}

impl HoldsLedger for CaseFile {
    fn ledger(&mut self) -> Ledger<'_> {
        Self::ledger(self)
    }
}

impl HoldsLedger for LedgerFile {
    fn ledger(&mut self) -> Ledger<'_> {
        Self::ledger(self)
    }
}

/// A ledger's file that was opened and verified.
pub(crate) struct OpenLedger<F> {
    pub(crate) file: F,
    pub(crate) verified: VerifiedLedger,
}

/// The ledger of either kind of file, for as long as something is done with it.
pub struct OpenRecord<'s> {
    /// Its rows.
    pub ledger: Ledger<'s>,
    /// How far it was verified.
    pub verified: &'s mut VerifiedLedger,
}

impl<F: HoldsLedger> OpenLedger<F> {
    /// Verifies the ledger of a file that was just opened. The second value is the refusal to work with it, if it does not fit.
    pub(crate) fn verify(
        name: &RecordName,
        mut file: F,
        trusted: Option<&SignedCheckpoint>,
    ) -> Result<(Self, Result<(), CaseworkError>), CaseworkError> {
        let (verified, fits) = VerifiedLedger::read(name, &file.ledger(), trusted)?;
        Ok((Self { file, verified }, fits))
    }

    pub(crate) fn record(&mut self) -> OpenRecord<'_> {
        OpenRecord { ledger: self.file.ledger(), verified: &mut self.verified }
    }
}
