//! What the verification of an export found.

use std::fmt;

use case_model::to_hex;
use thiserror::Error;
use words::{counted, noun};

use crate::chain::{ChainFault, ChainReport};
use crate::keys::{KeyError, VerifierKey};
use crate::merkle::{Hash, ProofError};
use crate::note::{CheckpointError, EntryProofError, NoteError};
use crate::sshsig::SshSignatureError;
use crate::timestamp::TimestampError;
use crate::trust::{
    CheckpointFault, EntrySignatureFault, Guarantees, KeyProblem, KeyRecord, Standing,
};

/// Something that is not as it should be: the export does not verify.
#[derive(Debug, Error)]
#[error("{path}: {kind}")]
pub struct Finding {
    /// The file in the export, or the name of the checkpoint that it was compared with.
    pub path: String,
    /// What is wrong.
    pub kind: FindingKind,
}

/// What is wrong.
#[derive(Debug, Error)]
pub enum FindingKind {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// The file is not there.
    #[error("is missing")]
    Missing,
    /// The file is there and nobody said so.
    #[error("is in no manifest: it was added later")]
    NotListed,
    /// The file is not the one that was exported.
    #[error(
        "its SHA-256 is {}, the manifest says {}: it was changed",
        to_hex(found),
        to_hex(expected)
    )]
    Digest {
        /// In the manifest.
        expected: Hash,
        /// Of the file.
        found: Hash,
    },
    /// Not in the form that this file has.
    #[error("{0}")]
    Form(&'static str),
    /// A limit that keeps hostile exports from using up the machine.
    #[error("limit reached: {what}, at most {limit}")]
    LimitReached {
        /// What is limited, with its unit.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A row of the record.
    #[error(transparent)]
    Chain(#[from] ChainFault),
    /// A line that is no row.
    #[error("line {0} is no entry in the form of this export")]
    Line(u64),
    /// No checkpoint in its file.
    #[error(transparent)]
    CheckpointForm(#[from] CheckpointError),
    /// A checkpoint against the record.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointFault),
    /// A proof of one entry.
    #[error(transparent)]
    Proof(#[from] EntryProofError),
    /// A proof about an entry that is another one in the record.
    #[error("the proof is about an entry that the record does not have at that place")]
    OtherEntry,
    /// A path in the tree.
    #[error(transparent)]
    Path(#[from] ProofError),
    /// A note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A personal signature.
    #[error(transparent)]
    EntrySignature(#[from] EntrySignatureFault),
    /// A detached signature.
    #[error(transparent)]
    Ssh(#[from] SshSignatureError),
    /// A time stamp.
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
    /// Signed, but not by a key that may.
    #[error("signed by a key that is not known here")]
    UnknownSigner,
    /// There is no checkpoint.
    #[error(
        "no checkpoint that holds: nothing in this export is signed, so anybody could have written it"
    )]
    NoCheckpoint,
    /// There is no signature over the export as a whole.
    #[error(
        "is missing: every export is signed as a whole, and without it files could be changed or taken away"
    )]
    NoSeal,
    /// Files beside the record are not those of which the record tells.
    #[error(
        "entry {seq} names the content with the digest {}, the manifest gives {}: a file was changed, added or taken away",
        to_hex(expected),
        to_hex(found)
    )]
    Content {
        /// The entry about the export.
        seq: u64,
        /// What it names.
        expected: Hash,
        /// What is there.
        found: Hash,
    },
    /// The caller knows keys, and none of them signed anything.
    #[error(
        "no checkpoint is signed by a key that was given from outside: this may be a record that somebody else wrote"
    )]
    NoTrustedSignature,
    /// No key in its file.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Worth knowing; the export may verify all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// No key was given from outside.
    NoTrustedKey,
    /// The latest entries are under no checkpoint that counts.
    Uncovered {
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// The export as a whole is signed, but not by a key that was given.
    SealedByOther,
    /// No entry names the content files.
    ContentNotNamed,
    /// Time stamps are of these checkpoints; who made them was not verified here.
    Timestamps(u64),
    /// An entry about keys could not be followed.
    Key(KeyProblem),
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTrustedKey => f.write_str(
                "no key from outside was given: all signatures are checked with keys that the record itself names, which a forger \
                 could have made; compare the fingerprints with the paper",
            ),
            Self::Uncovered { from, to } => {
                write!(f, "entries {from} to {to} are under no signed checkpoint: they could still be cut off or rewritten")
            }
            Self::SealedByOther => f.write_str("the export as a whole is not signed by a key that was given"),
            Self::ContentNotNamed => f.write_str(
                "no entry names the digests of the files beside the record (an earlier version wrote this export): only the signature of \
                 the whole covers them",
            ),
            Self::Timestamps(count) => write!(
                f,
                "{} the digests of these checkpoints; that the authority signed {} is verified by \
                 `openssl ts -verify` or verify.py --tsa-ca",
                counted(*count, "time stamp names", "time stamps name"),
                noun(*count, "it", "them")
            ),
            Self::Key(problem) => problem.fmt(f),
        }
    }
}

/// The outcome.
#[derive(Debug)]
pub struct ExportReport {
    /// The name of the record.
    pub origin: String,
    /// What became of the chain.
    pub chain: ChainReport,
    /// The keys that the record names.
    pub keys: Vec<KeyRecord>,
    /// The entry that names the content files of this export, if one does.
    pub content_named_by: Option<u64>,
    /// The number of content files: those that are not part of the record itself.
    pub content_files: u64,
    /// The size that the largest checkpoint with a signature that counts covers.
    pub covered: u64,
    /// What from outside covers how much.
    pub guarantees: Guarantees,
    /// Checkpoints in the export that hold.
    pub checkpoints: u64,
    /// Checkpoints that somebody kept elsewhere, and that hold.
    pub against: u64,
    /// Proofs of single entries that hold.
    pub proofs: u64,
    /// Time stamps of checkpoints in the export: size and time. The authorities' signatures are not verified here.
    pub timestamps: Vec<(u64, String)>,
    /// Personal signatures that hold: entry and key.
    pub entry_signatures: Vec<(u64, VerifierKey)>,
    /// The export as a whole is signed by a key that counts.
    pub sealed: bool,
    /// It is signed by a key that the caller gave.
    pub sealed_by_given: bool,
    /// Files whose digests were compared.
    pub files: u64,
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
    /// Everything that is worth knowing.
    pub remarks: Vec<Remark>,
}

impl ExportReport {
    /// True when nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns the verdict. An export is proved when something from outside covers every entry, and the content files with them.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let proved = self.guarantees.proved();
        let content = self.content_files == 0
            || self.sealed_by_given
            || self.content_named_by.is_some_and(|seq| seq <= proved);
        Standing::of(self.is_sound(), self.chain.head.seq, if content { proved } else { 0 })
    }
}
