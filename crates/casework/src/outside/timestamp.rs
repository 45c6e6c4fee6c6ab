//! Time stamps (RFC 3161) of checkpoints, by files.

use std::path::Path;

use case_model::RecordName;
use custody::{SignedCheckpoint, Timestamp, timestamp_request};
use lab::random;

use crate::small_file::{read_small, write_new};
use crate::{CaseworkError, Session};

/// A time stamp that was taken in.
#[derive(Clone, Debug)]
pub struct TakenStamp {
    /// The size of the checkpoint that it stamps.
    pub size: u64,
    /// The stamp.
    pub stamp: Timestamp,
}

impl Session {
    /// Writes a request for a time stamp of the last checkpoint, and returns that.
    ///
    /// # Errors
    /// What keeps the ledger from being signed or the file from being written.
    pub fn request_timestamp(
        &mut self,
        name: &RecordName,
        out: &Path,
    ) -> Result<SignedCheckpoint, CaseworkError> {
        let signed = self.signed_checkpoint(name)?;
        write_new(out, &timestamp_request(signed.note().text().as_bytes(), random()?))?;
        Ok(signed)
    }

    /// Takes the answer of a time-stamping authority in.
    ///
    /// # Errors
    /// That it is none, or stamps no checkpoint of this ledger.
    pub fn take_timestamp(
        &mut self,
        name: &RecordName,
        token: &Path,
    ) -> Result<TakenStamp, CaseworkError> {
        let bytes = read_small(token)?;
        let shown = token.display();
        let stamp = Timestamp::from_bytes(&bytes)
            .map_err(|error| CaseworkError::Check(format!("{shown}: {error}")))?;
        let mut record = self.record(name)?;
        // The newest checkpoint first: that is the one that was asked for.
        let stamped = record.ledger.checkpoints()?.into_iter().rev().find(|stored| {
            let signed = SignedCheckpoint::from_bytes(&stored.note);
            signed.is_ok_and(|signed| stamp.check(signed.note().text().as_bytes()).is_ok())
        });
        let size = stamped
            .ok_or_else(|| {
                CaseworkError::Check(format!("{shown}: it stamps no checkpoint of {name}"))
            })?
            .size;
        record.ledger.transaction(|ledger| ledger.store_timestamp(size, &bytes))?;
        Ok(TakenStamp { size, stamp })
    }
}
