//! One entry as an exhibit: c2sp.org/tlog-proof, verifiable offline and for ever with the log's public key.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use thiserror::Error;

use super::checkpoint::{CheckpointError, SignedCheckpoint};
use super::signed_note::{MAX_NOTE_BYTES, NoteError, Verified};
use crate::entry::MAX_BODY_BYTES;
use crate::keys::VerifierKey;
use crate::merkle::{Hash, ProofError, inclusion_proof, leaf_hash, verify_inclusion};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A path in a tree of 2^64 leaves has 64 hashes.
const MAX_HASHES: usize = 64;

/// An entry's body, its path in the tree, and a signed checkpoint of that tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryProof {
    /// The leaf's number, counted from 0: the entry's sequence number less one.
    pub index: u64,
    /// From the leaf's sibling upwards.
    pub hashes: Vec<Hash>,
    /// The tree's size and root, signed.
    pub checkpoint: SignedCheckpoint,
    /// The entry's body (the `extra` line), so that the proof needs no other file. Means nothing until it is verified.
    pub body: Option<Vec<u8>>,
}

/// Why a proof proves nothing.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EntryProofError {
    /// No proof in this format.
    #[error("not a tlog-proof: {0}")]
    Form(&'static str),
    /// The checkpoint in it.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The path does not lead to the checkpoint's root.
    #[error("the entry is not in the tree of the checkpoint: {0}")]
    Path(#[from] ProofError),
    /// Nobody known signed the checkpoint.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl EntryProof {
    /// The proof for the entry at `index` (counted from 0) with this body; `leaves` are those of the checkpoint's tree.
    /// `None` when there is no such leaf.
    #[must_use]
    pub fn new(
        index: u64,
        body: &[u8],
        leaves: &[Hash],
        checkpoint: SignedCheckpoint,
    ) -> Option<Self> {
        let size = usize::try_from(checkpoint.checkpoint().size()).ok()?;
        let hashes = inclusion_proof(leaves.get(..size)?, index)?;
        Some(Self { index, hashes, checkpoint, body: Some(body.to_vec()) })
    }

    /// Verifies that an entry with this body is in the record, and who says so.
    ///
    /// # Errors
    /// Why it is not shown.
    pub fn verify(
        &self,
        body: &[u8],
        known: &[VerifierKey],
    ) -> Result<Vec<Verified>, EntryProofError> {
        let checkpoint = self.checkpoint.checkpoint();
        verify_inclusion(
            &leaf_hash(body),
            self.index,
            checkpoint.size(),
            &self.hashes,
            checkpoint.root(),
        )?;
        Ok(self.checkpoint.verify(known)?)
    }

    /// Reads a proof; nothing is verified yet.
    ///
    /// # Errors
    /// What keeps the bytes from being a proof.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryProofError> {
        let form = EntryProofError::Form;
        if bytes.len() > MAX_NOTE_BYTES.saturating_add(MAX_BODY_BYTES.saturating_mul(2)) {
            return Err(form("too long"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| form("not UTF-8"))?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(form("no empty line"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(form("another first line"));
        }
        let extra = lines.next_if(|line| line.starts_with("extra "));
        let body =
            extra.and_then(|line| line.strip_prefix("extra ")).map(|data| BASE64.decode(data));
        let body = body.transpose().map_err(|_| form("the extra data are not base64"))?;
        let index = lines.next().and_then(parse_index).ok_or(form("no index"))?;
        let hashes: Vec<Hash> = lines
            .take(MAX_HASHES.saturating_add(1))
            .map(|line| BASE64.decode(line).ok()?.try_into().ok())
            .collect::<Option<_>>()
            .ok_or(form("a line that is no SHA-256 hash in base64"))?;
        if hashes.len() > MAX_HASHES {
            return Err(form("more than 64 hashes"));
        }
        let checkpoint = SignedCheckpoint::from_bytes(checkpoint.as_bytes())?;
        Ok(Self { index, hashes, checkpoint, body })
    }
}

impl fmt::Display for EntryProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(body) = &self.body {
            writeln!(f, "extra {}", BASE64.encode(body))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{}", BASE64.encode(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

fn parse_index(line: &str) -> Option<u64> {
    let digits = line.strip_prefix("index ")?;
    let index: u64 = digits.parse().ok()?;
    (index.to_string() == digits).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{KeyKind, SigningKey};
    use crate::merkle::merkle_root;
    use crate::note::Checkpoint;

    #[test]
    fn a_proof_goes_to_text_and_back_and_proves_one_entry_only() {
        let key = SigningKey::from_random_bytes("lab/log", &[1; 32]).unwrap();
        let known = [key.verifier(KeyKind::Note)];
        let bodies: Vec<_> = (0..6_u8).map(|n| vec![n; 9]).collect();
        let leaves: Vec<_> = bodies.iter().map(|body| leaf_hash(body)).collect();
        let signed = Checkpoint::new("lab/log", 5, merkle_root(&leaves[..5])).unwrap().sign(&key);
        assert_eq!(EntryProof::new(5, &bodies[5], &leaves, signed.clone()), None);
        for index in 0..5 {
            let proof =
                EntryProof::new(index, &bodies[index as usize], &leaves, signed.clone()).unwrap();
            let again = EntryProof::from_bytes(proof.to_string().as_bytes()).unwrap();
            assert_eq!(again, proof);
            assert_eq!(again.verify(&bodies[index as usize], &known).unwrap().len(), 1);
            assert!(matches!(again.verify(&bodies[5], &known), Err(EntryProofError::Path(_))));
            let stranger =
                SigningKey::from_random_bytes("lab/log", &[2; 32]).unwrap().verifier(KeyKind::Note);
            assert!(matches!(
                again.verify(&bodies[index as usize], &[stranger]),
                Err(EntryProofError::Note(NoteError::NoKnownSignature(_)))
            ));
        }
        let text = EntryProof::new(0, &bodies[0], &leaves, signed).unwrap().to_string();
        for bad in [
            text.replace("@v1", "@v2"),
            text.replace("index 0", "index 00"),
            text.replace("index 0", "index -1"),
            text.replace("extra ", "extra !"),
            text.replace("\n\n", "\nx\n\n"),
            String::new(),
        ] {
            assert!(EntryProof::from_bytes(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
