//! What a witness is asked: the body of `add-checkpoint` (c2sp.org/tlog-witness), as a file.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use thiserror::Error;
use words::counted;

use super::checkpoint::{CheckpointError, SignedCheckpoint};
use super::signed_note::{MAX_NOTE_BYTES, NoteError};
use crate::keys::VerifierKey;
use crate::merkle::Hash;

/// The specification allows no more than this.
const MAX_HASHES: usize = 63;

/// A checkpoint to be cosigned, with the proof that it continues the one that the witness signed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessRequest {
    /// The size of the last checkpoint that the witness signed; 0 for the first.
    pub old_size: u64,
    /// The consistency proof from there (RFC 6962, section 2.1.2).
    pub proof: Vec<Hash>,
    /// The new checkpoint, signed by the log.
    pub checkpoint: SignedCheckpoint,
}

/// Why a witness does not sign.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum WitnessError {
    /// No request in this format.
    #[error("not a request to a witness: {0}")]
    Form(&'static str),
    /// The checkpoint in it, or that it does not continue the last one.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Not signed by the log.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The proof begins elsewhere.
    #[error(
        "the request begins at {}, this witness signed {seen} last: ask for a request that begins there",
        counted(*requested, "entry", "entries")
    )]
    OldSize {
        /// The size that the request begins at.
        requested: u64,
        /// The size that was signed last.
        seen: u64,
    },
    /// Fewer entries than were signed before.
    #[error(
        "the checkpoint covers {}, this witness signed {seen} before: entries were cut off",
        counted(*new, "entry", "entries")
    )]
    Shrunk {
        /// The size of the new checkpoint.
        new: u64,
        /// The size that was signed last.
        seen: u64,
    },
}

impl WitnessRequest {
    /// Checks everything that a witness must check before it signs: the log's signature, and that the checkpoint continues the last one
    /// that this witness signed for the record.
    ///
    /// # Errors
    /// Why it must not sign.
    pub fn check(
        &self,
        log: &VerifierKey,
        seen: Option<&SignedCheckpoint>,
    ) -> Result<(), WitnessError> {
        self.checkpoint.verify(std::slice::from_ref(log))?;
        let new = self.checkpoint.checkpoint();
        let Some(seen) = seen.map(SignedCheckpoint::checkpoint) else {
            let requested = self.old_size;
            return if requested == 0 {
                Ok(())
            } else {
                Err(WitnessError::OldSize { requested, seen: 0 })
            };
        };
        if new.size() < seen.size() {
            return Err(WitnessError::Shrunk { new: new.size(), seen: seen.size() });
        }
        if new.size() > seen.size() && self.old_size != seen.size() {
            return Err(WitnessError::OldSize { requested: self.old_size, seen: seen.size() });
        }
        let proof = if new.size() == seen.size() { [].as_slice() } else { &self.proof };
        Ok(seen.continued_by(new, proof)?)
    }

    /// Reads a request; nothing is verified yet.
    ///
    /// # Errors
    /// What keeps the bytes from being a request.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WitnessError> {
        let form = WitnessError::Form;
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(form("too long"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| form("not UTF-8"))?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(form("no empty line"))?;
        let (first, proof) =
            head.split_once('\n').map_or((head, None), |(first, rest)| (first, Some(rest)));
        let old_size = first.strip_prefix("old ").and_then(|size| size.parse().ok());
        let proof = hashes(proof.into_iter().flat_map(|lines| lines.split('\n')));
        Ok(Self {
            old_size: old_size.ok_or(form("the first line is not `old` and a size"))?,
            proof: proof
                .ok_or(form("a line that is no SHA-256 hash in base64, or more than 63"))?,
            checkpoint: SignedCheckpoint::from_bytes(checkpoint.as_bytes())?,
        })
    }
}

impl fmt::Display for WitnessRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", BASE64.encode(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Returns the hashes of lines in base64; `None` where a line is none, or there are too many.
fn hashes<'l>(lines: impl Iterator<Item = &'l str>) -> Option<Vec<Hash>> {
    let lines = lines.take(MAX_HASHES.saturating_add(1));
    let hashes: Option<Vec<Hash>> =
        lines.map(|line| BASE64.decode(line).ok()?.try_into().ok()).collect();
    hashes.filter(|hashes| hashes.len() <= MAX_HASHES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{KeyKind, SigningKey};
    use crate::merkle::{consistency_proof, leaf_hash, merkle_root};
    use crate::note::Checkpoint;

    #[test]
    fn a_witness_signs_only_what_continues_what_it_signed_before() {
        let key = SigningKey::from_random_bytes("lab/log", &[1; 32]).unwrap();
        let log = key.verifier(KeyKind::Note);
        let leaves: Vec<_> = (0..9_u8).map(|n| leaf_hash(&[n])).collect();
        let at = |leaves: &[Hash]| {
            Checkpoint::new("lab/log", leaves.len() as u64, merkle_root(leaves)).unwrap().sign(&key)
        };
        let request = |leaves: &[Hash], old_size: u64| {
            let proof = consistency_proof(leaves, old_size).unwrap();
            let written = WitnessRequest { old_size, proof, checkpoint: at(leaves) }.to_string();
            WitnessRequest::from_bytes(written.as_bytes()).unwrap()
        };
        assert_eq!(request(&leaves[..5], 0).check(&log, None), Ok(()));
        let seen = at(&leaves[..5]);
        assert_eq!(request(&leaves, 5).check(&log, Some(&seen)), Ok(()));
        assert_eq!(request(&leaves[..5], 5).check(&log, Some(&seen)), Ok(()), "the same once more");
        assert!(matches!(
            request(&leaves, 4).check(&log, Some(&seen)),
            Err(WitnessError::OldSize { seen: 5, .. })
        ));
        assert!(matches!(
            request(&leaves, 4).check(&log, None),
            Err(WitnessError::OldSize { seen: 0, .. })
        ));
        assert!(matches!(
            request(&leaves[..4], 0).check(&log, Some(&seen)),
            Err(WitnessError::Shrunk { .. })
        ));
        let mut other = leaves.clone();
        other[2] = leaf_hash(b"another");
        assert!(matches!(
            request(&other, 5).check(&log, Some(&seen)),
            Err(WitnessError::Checkpoint(_))
        ));
        assert!(matches!(
            request(&other[..5], 5).check(&log, Some(&seen)),
            Err(WitnessError::Checkpoint(_))
        ));
        let stranger =
            SigningKey::from_random_bytes("lab/log", &[2; 32]).unwrap().verifier(KeyKind::Note);
        assert!(matches!(request(&leaves, 0).check(&stranger, None), Err(WitnessError::Note(_))));
        let text = request(&leaves, 5).to_string();
        for bad in [
            text.replace("old 5", "old x"),
            text.replace("old 5\n", "old 5\nAAAA\n"),
            String::new(),
        ] {
            assert!(WitnessRequest::from_bytes(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
