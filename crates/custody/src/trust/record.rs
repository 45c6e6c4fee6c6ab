//! A record and what was signed about it: cut off, rewritten, split, or signed by a key that no longer counts.

use std::collections::{BTreeMap, BTreeSet};

use case_model::to_hex;
use thiserror::Error;
use words::counted;

use super::key_history::{KeyHistory, KeyRecord, KeyRole};
use crate::chain::{ChainFault, ChainReport, ChainVerifier};
use crate::entry::{Head, StoredEntry};
use crate::keys::VerifierKey;
use crate::merkle::{EMPTY_ROOT, Hash};
use crate::note::{
    Checkpoint, EntrySignatureError, NoteError, SignedCheckpoint, SignedNote, Verified,
    verify_entry_signature,
};

/// What a checkpoint shows against the record.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CheckpointFault {
    /// Of another record.
    #[error("the checkpoint is of the record {found:?}, this one is {expected:?}")]
    OtherRecord {
        /// The origin of this record.
        expected: String,
        /// The origin of the checkpoint.
        found: String,
    },
    /// Entries are gone at the end.
    #[error(
        "the checkpoint covers {}, the record has {}: entries were cut off or changed",
        counted(*size, "entry", "entries"),
        counted(*entries, "good one", "good ones")
    )]
    CutOff {
        /// The size that was signed.
        size: u64,
        /// The good entries that are there.
        entries: u64,
    },
    /// The entries are others.
    #[error(
        "the first {} the root {}, the checkpoint says {}: the record was rewritten, or somebody was shown another one",
        counted(*size, "entry has", "entries have"),
        to_hex(found),
        to_hex(expected)
    )]
    Rewritten {
        /// The size that was signed.
        size: u64,
        /// The root that was signed.
        expected: Hash,
        /// The root of the entries that are there.
        found: Hash,
    },
    /// Not signed, or not by anybody known.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Signed only by a key that did not count at that size.
    #[error("signed by {key}, whose signatures count from entry {added_by} and are void from entry {}", void(*void_from))]
    VoidKey {
        /// The key.
        key: String,
        /// The entry that added it.
        added_by: u64,
        /// The entry from which it is void.
        void_from: Option<u64>,
    },
}

/// Why a personal signature of an entry does not count.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EntrySignatureFault {
    /// It is about another entry, or nobody known has signed it.
    #[error(transparent)]
    Signature(#[from] EntrySignatureError),
    /// Signed only by a key that did not count at that entry.
    #[error("entry {seq} is signed by {key}, whose signatures count from entry {added_by} and are void from entry {}", void(*void_from))]
    VoidKey {
        /// The entry.
        seq: u64,
        /// The key.
        key: String,
        /// The entry that added it.
        added_by: u64,
        /// The entry from which it is void.
        void_from: Option<u64>,
    },
}

/// A signature that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedSignature {
    /// The key, and for witnesses the time.
    pub verified: Verified,
    /// True when the caller named the key; false when only the record itself does, which a forger can do as well.
    pub trusted_from_outside: bool,
}

/// Verifies a record row by row and keeps the roots of the sizes that checkpoints are about.
#[derive(Clone, Debug)]
pub struct RecordVerifier {
    chain: ChainVerifier,
    wanted: BTreeSet<u64>,
    roots: BTreeMap<u64, Hash>,
    keys: KeyHistory,
}

/// A record whose rows were all read.
#[derive(Clone, Debug)]
pub struct VerifiedRecord {
    /// What became of its chain.
    pub chain: ChainReport,
    /// The keys that it names.
    pub keys: KeyHistory,
    roots: BTreeMap<u64, Hash>,
}

impl RecordVerifier {
    /// Before the first row; `sizes` are those of the checkpoints that will be judged.
    #[must_use]
    pub fn new(sizes: impl IntoIterator<Item = u64>) -> Self {
        let wanted = sizes.into_iter().collect();
        let roots = BTreeMap::from([(0, EMPTY_ROOT)]);
        Self { chain: ChainVerifier::new(), wanted, roots, keys: KeyHistory::default() }
    }

    /// The bodies of the first `size` rows are hashed and not read: see [`ChainVerifier::with_signed`].
    #[must_use]
    pub fn with_signed(mut self, size: u64) -> Self {
        self.chain = ChainVerifier::with_signed(size);
        self
    }

    /// Looks at the next row.
    ///
    /// # Errors
    /// The first bad row, again for every row after it.
    pub fn push(&mut self, entry: &StoredEntry) -> Result<(), ChainFault> {
        self.chain.push(entry)?;
        self.keys.observe(entry.seq, &entry.body);
        if self.wanted.contains(&entry.seq) {
            self.roots.insert(entry.seq, self.chain.root());
        }
        Ok(())
    }

    /// Keeps the root of this size too. Works for sizes from the present one on; [`Self::root_at`] tells which are known.
    pub fn want(&mut self, size: u64) {
        let head = self.chain.head().seq;
        if size > head {
            self.wanted.insert(size);
        } else if size == head {
            self.roots.insert(size, self.chain.root());
        }
    }

    /// Returns the root of this size, if it was wanted before its row was read.
    #[must_use]
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        self.roots.get(&size).copied()
    }

    /// Forgets all roots but those of these sizes and of no rows.
    pub fn keep_roots(&mut self, sizes: &[u64]) {
        self.roots.retain(|size, _| *size == 0 || sizes.contains(size));
    }

    /// Returns the Merkle root over all rows up to the head.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.chain.root()
    }

    /// Returns the last good row.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.chain.head()
    }

    /// Returns the first bad row, if there is one.
    #[must_use]
    pub const fn fault(&self) -> Option<&ChainFault> {
        self.chain.fault()
    }

    /// Returns the keys that the rows so far name.
    #[must_use]
    pub const fn keys(&self) -> &KeyHistory {
        &self.keys
    }

    /// Returns the record as far as it was read. More rows may follow.
    #[must_use]
    pub fn so_far(&self) -> VerifiedRecord {
        self.clone().finish()
    }

    /// After the last row.
    #[must_use]
    pub fn finish(self) -> VerifiedRecord {
        VerifiedRecord { chain: self.chain.finish(), keys: self.keys, roots: self.roots }
    }
}

impl VerifiedRecord {
    /// Judges a checkpoint, be it one that was stored with the record or one that somebody kept elsewhere. `trusted` are the log
    /// and witness keys that the caller knows from elsewhere, such as the fingerprint on paper; the keys that the record itself
    /// names are known too, but a signature by them alone proves only that whoever wrote the record had them.
    ///
    /// A checkpoint signed by a stolen key for a size before the revocation cannot be told from a true one by its signature;
    /// it can only confirm the entries that are there, or be found out as a split view.
    ///
    /// # Errors
    /// What the checkpoint shows against the record, or why its signatures do not count.
    pub fn judge_checkpoint(
        &self,
        origin: &str,
        signed: &SignedCheckpoint,
        trusted: &[VerifierKey],
    ) -> Result<Vec<JudgedSignature>, CheckpointFault> {
        let checkpoint = signed.checkpoint();
        self.compare(origin, checkpoint)?;
        let roles = [KeyRole::Log, KeyRole::Witness];
        let verified = signed.verify(&self.known(trusted, &roles))?;
        self.valid_at(checkpoint.size(), verified, trusted).map_err(|void| {
            let added_by = void.added_by;
            let void_from = void.void_from;
            CheckpointFault::VoidKey { key: void.key.to_string(), added_by, void_from }
        })
    }

    /// Judges a personal signature of an entry of this record.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn judge_entry_signature(
        &self,
        origin: &str,
        entry: &StoredEntry,
        note: &SignedNote,
        trusted: &[VerifierKey],
    ) -> Result<Vec<JudgedSignature>, EntrySignatureFault> {
        let known = self.known(trusted, &[KeyRole::Examiner]);
        let verified = verify_entry_signature(origin, entry, note, &known)?;
        self.valid_at(entry.seq, verified, trusted).map_err(|void| {
            let added_by = void.added_by;
            let void_from = void.void_from;
            EntrySignatureFault::VoidKey {
                seq: entry.seq,
                key: void.key.to_string(),
                added_by,
                void_from,
            }
        })
    }

    /// Compares size and root with the entries that are there.
    fn compare(&self, origin: &str, checkpoint: &Checkpoint) -> Result<(), CheckpointFault> {
        if checkpoint.origin() != origin {
            let expected = origin.to_owned();
            let found = checkpoint.origin().to_owned();
            return Err(CheckpointFault::OtherRecord { expected, found });
        }
        let size = checkpoint.size();
        let expected = *checkpoint.root();
        let entries = self.chain.head.seq;
        match self.roots.get(&size) {
            Some(found) if *found == expected => Ok(()),
            Some(found) => Err(CheckpointFault::Rewritten { size, expected, found: *found }),
            None => Err(CheckpointFault::CutOff { size, entries }),
        }
    }

    /// Keys that may sign in one of these roles: those that the record names, and those of the caller that it does not name otherwise.
    pub(crate) fn known(&self, trusted: &[VerifierKey], roles: &[KeyRole]) -> Vec<VerifierKey> {
        let may = |key: &&VerifierKey| {
            self.keys.find(key).is_none_or(|record| roles.contains(&record.role))
        };
        let named =
            self.keys.keys().iter().map(|record| &record.key).filter(|key| !trusted.contains(key));
        trusted.iter().chain(named).filter(may).cloned().collect()
    }

    /// The signatures that count for something that ends with entry `seq`. A key that the record names counts only while the record
    /// says so; one that it does not name is the caller's business.
    ///
    /// # Errors
    /// When none counts: the first void one.
    fn valid_at(
        &self,
        seq: u64,
        verified: Vec<Verified>,
        trusted: &[VerifierKey],
    ) -> Result<Vec<JudgedSignature>, &KeyRecord> {
        let mut void = None;
        let mut judged = Vec::new();
        for verified in verified {
            match self.keys.find(&verified.key).filter(|record| !record.is_valid_at(seq)) {
                Some(record) => void = void.or(Some(record)),
                None => judged.push(judge(verified, trusted)),
            }
        }
        if judged.is_empty() { void.map_or(Ok(judged), Err) } else { Ok(judged) }
    }
}

fn judge(verified: Verified, trusted: &[VerifierKey]) -> JudgedSignature {
    let trusted_from_outside = trusted.contains(&verified.key);
    JudgedSignature { verified, trusted_from_outside }
}

fn void(from: Option<u64>) -> String {
    from.map_or_else(|| "none".to_owned(), |seq| seq.to_string())
}
