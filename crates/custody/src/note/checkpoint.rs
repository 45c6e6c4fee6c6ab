//! The checkpoint (c2sp.org/tlog-checkpoint): how many entries there are, and the root over them.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use thiserror::Error;
use words::counted;

use super::signed_note::{NoteError, SignedNote, Verified};
use crate::keys::{KeyError, SigningKey, VerifierKey, check_name};
use crate::merkle::{EMPTY_ROOT, Hash, ProofError, verify_consistency};

/// A state of the record: `origin\nsize\nbase64(root)\n`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
}

/// What is wrong with a checkpoint, or between two of them.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CheckpointError {
    /// The text is no checkpoint.
    #[error("not a checkpoint: {0}")]
    Form(&'static str),
    /// The origin cannot be the name of a key.
    #[error("the origin is unusable: {0}")]
    Origin(#[from] KeyError),
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Of another record.
    #[error("the checkpoints are of different records: {0:?} and {1:?}")]
    OtherRecord(String, String),
    /// Two roots for one size: somebody was shown another record.
    #[error(
        "split view: two checkpoints of {} have the roots {} and {}",
        counted(*size, "entry", "entries"),
        case_model::to_hex(first),
        case_model::to_hex(second)
    )]
    SplitView {
        /// The size of both.
        size: u64,
        /// One root.
        first: Hash,
        /// The other.
        second: Hash,
    },
    /// The later is no continuation of the earlier.
    #[error("the later checkpoint does not continue the earlier one: {0}")]
    Inconsistent(#[from] ProofError),
}

impl Checkpoint {
    /// A checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`] when the origin is empty or holds spaces, plus signs or control characters.
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        check_name(origin)?;
        match size == 0 && root != EMPTY_ROOT {
            true => Err(CheckpointError::Form("an empty record with the root of another one")),
            false => Ok(Self { origin: origin.to_owned(), size, root }),
        }
    }

    /// The name of the record, the same for its whole life.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The Merkle root over them.
    #[must_use]
    pub const fn root(&self) -> &Hash {
        &self.root
    }

    /// Signs it. The caller has made sure that it continues every checkpoint that this key has signed before.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> SignedCheckpoint {
        // Lines without control characters, the last one ended: the text of a note.
        let mut note = SignedNote::of_checked_text(self.to_string());
        note.sign(key);
        SignedCheckpoint { checkpoint: self.clone(), note }
    }

    /// Checks that `later` continues this one, by a consistency proof.
    ///
    /// # Errors
    /// Why it is not shown.
    pub fn continued_by(&self, later: &Self, proof: &[Hash]) -> Result<(), CheckpointError> {
        if self.origin != later.origin {
            return Err(CheckpointError::OtherRecord(self.origin.clone(), later.origin.clone()));
        }
        if self.size == later.size && self.root != later.root {
            return Err(CheckpointError::SplitView {
                size: self.size,
                first: self.root,
                second: later.root,
            });
        }
        Ok(verify_consistency(self.size, &self.root, later.size, &later.root, proof)?)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<_> = text.splitn(5, '\n').collect();
        let [origin, size, root, ""] = lines.as_slice() else {
            return Err(CheckpointError::Form("three lines expected: origin, size, root"));
        };
        let number = size.parse().ok().filter(|number: &u64| number.to_string() == *size);
        let root: Option<Hash> = BASE64.decode(root).ok().and_then(|root| root.try_into().ok());
        match (number, root) {
            (Some(size), Some(root)) => Self::new(origin, size, root),
            (None, _) => Err(CheckpointError::Form("the second line is no size")),
            (_, None) => Err(CheckpointError::Form("the third line is no SHA-256 root in base64")),
        }
    }
}

/// A checkpoint with its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: SignedNote,
}

impl SignedCheckpoint {
    /// Reads a checkpoint with signatures, which are not verified yet.
    ///
    /// # Errors
    /// What keeps the bytes from being a signed checkpoint.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let note = SignedNote::from_bytes(bytes)?;
        Ok(Self { checkpoint: note.text().parse()?, note })
    }

    /// What was signed.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note with the signatures.
    #[must_use]
    pub const fn note(&self) -> &SignedNote {
        &self.note
    }

    /// Adds a witness's signature at a time in seconds since 1970 UTC. The witness has verified that the checkpoint continues
    /// the last one it has seen ([`Checkpoint::continued_by`]), and keeps this one before it hands the signature over.
    pub fn cosign(&mut self, key: &SigningKey, unix_seconds: u64) {
        self.note.cosign(key, unix_seconds);
    }

    /// Takes over the signatures of another copy.
    ///
    /// # Errors
    /// [`NoteError::Form`] when it is a copy of another checkpoint.
    pub fn merge(&mut self, other: &Self) -> Result<(), NoteError> {
        self.note.merge(&other.note)
    }

    /// Verifies the signatures by known keys.
    ///
    /// # Errors
    /// A signature of a known key that does not verify, or none of a known key.
    pub fn verify(&self, known: &[VerifierKey]) -> Result<Vec<Verified>, NoteError> {
        self.note.verify(known)
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{consistency_proof, leaf_hash, merkle_root};

    #[test]
    fn a_checkpoint_goes_to_text_and_back() {
        let text =
            "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint: Checkpoint = text.parse().unwrap();
        assert_eq!((checkpoint.size, checkpoint.to_string().as_str()), (20_852_163, text));
        for bad in [
            text.replace("20852163", "020852163"),
            text.replace("20852163", "+20852163"),
            text.replace("20852163", "99999999999999999999"),
            text.replace("sofa", "so fa"),
            text.replace("q2I=", "q2I"),
            text.replace("20852163", "0"),
            format!("{text}extension\n"),
            text.trim_end().to_owned(),
            String::new(),
        ] {
            assert!(bad.parse::<Checkpoint>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_later_checkpoint_is_compared_with_an_earlier_one() {
        let leaves: Vec<_> = (0..9_u8).map(|n| leaf_hash(&[n])).collect();
        let at = |size: usize| {
            Checkpoint::new("lab/log", size as u64, merkle_root(&leaves[..size])).unwrap()
        };
        let proof = consistency_proof(&leaves, 5).unwrap();
        assert_eq!(at(5).continued_by(&at(9), &proof), Ok(()));
        assert_eq!(
            at(9).continued_by(&at(5), &[]).unwrap_err().to_string(),
            "the later checkpoint does not continue the earlier one: the later tree has 5 entries, fewer than the 9 of the earlier one"
        );
        let other = Checkpoint { root: [1; 32], ..at(9) };
        assert!(
            at(9)
                .continued_by(&other, &[])
                .unwrap_err()
                .to_string()
                .starts_with("split view: two checkpoints of 9")
        );
        assert!(matches!(
            at(5).continued_by(&other, &proof),
            Err(CheckpointError::Inconsistent(_))
        ));
        let elsewhere = Checkpoint { origin: "lab/other".into(), ..at(9) };
        assert!(matches!(
            at(5).continued_by(&elsewhere, &proof),
            Err(CheckpointError::OtherRecord(..))
        ));
    }
}
