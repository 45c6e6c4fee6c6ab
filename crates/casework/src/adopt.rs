//! Takes over entries that nobody signed, after somebody looked at them.

use case_model::RecordName;
use custody::content::AdoptContent;

use crate::session::named;
use crate::{CaseworkError, Session, Signature};

impl Session {
    /// Takes over the entries that other programs wrote and nobody signed: records that and why, and signs. Returns the first and last of
    /// them.
    ///
    /// # Errors
    /// [`CaseworkError::Request`] when there are none; [`CaseworkError::Check`] when the key is not at hand: nothing was done.
    pub fn adopt_unsigned(
        &mut self,
        name: &RecordName,
        reason: &str,
    ) -> Result<(u64, u64), CaseworkError> {
        self.lab_key()?;
        let verified = self.record(name)?.verified;
        verified.must_be_whole(name)?;
        verified.look_for_foreign();
        let Some((from_seq, to_seq)) = verified.foreign() else {
            return Err(CaseworkError::Request(format!(
                "{name}: there are no unsigned entries to take over"
            )));
        };
        let content = AdoptContent { from_seq, to_seq, head: verified.head().hash };
        verified.take_as_own();
        let entry = named(name, self.author().entry(content).reason(reason));
        self.append(name, entry)?;
        match self.signatures().get(name) {
            Some(Signature::Unsigned(unsigned)) => Err(unsigned.clone().into()),
            _ => Ok((from_seq, to_seq)),
        }
    }
}
