//! Writes an export.

use std::io::{self, Write};

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::bag::{
    DECLARATION, DECLARATION_PATH, INFO_PATH, MANIFEST_PATH, Manifest, ORIGIN_LABEL, SEAL_PATH,
    TAG_MANIFEST_PATH, content_of, seal_text, write_manifest,
};
use super::log_line::write_line;
use super::storage::{ExportOutput, is_plain};
use crate::entry::{StoredEntry, UtcTime};
use crate::json::JsonError;
use crate::keys::SigningKey;
use crate::merkle::{Hash, leaf_hash};
use crate::note::{EntryProof, NoteError, SignedCheckpoint, SignedNote};
use crate::sshsig::{CHECKPOINT_NAMESPACE, SshPublicKey, SshSignature, allowed_signers_line};
use crate::trust::{KeyRole, RecordVerifier, VerifiedRecord};

/// Tag files that are the same in every export.
const TEXTS: [(&str, &str); 4] = [
    ("README.ar.txt", include_str!("texts/README.ar.txt")),
    ("README.en.txt", include_str!("texts/README.en.txt")),
    ("README.fr.txt", include_str!("texts/README.fr.txt")),
    ("verify.py", include_str!("texts/verify.py")),
];

/// The list of signers for `ssh-keygen`.
pub(super) const ALLOWED_SIGNERS_PATH: &str = "data/keys/allowed_signers";

/// Why an export cannot be written.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The storage, or the record's own storage.
    #[error("{path}: {error}")]
    Io {
        /// The file that was being written.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// A path that may leave the export or needs an escape.
    #[error("{0:?} cannot be the path of a file in an export")]
    Path(String),
    /// The checkpoint covers entries that were not exported.
    #[error(
        "no proof for entry {0}: the checkpoint does not cover it, or the record has not been written yet"
    )]
    NoSuchEntry(u64),
    /// Text that cannot be signed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A row that cannot be written as a line.
    #[error(transparent)]
    Json(#[from] JsonError),
}

/// `bag-info.txt`: values in one line each.
#[derive(Clone, Debug)]
pub struct BagInfo {
    /// Who exports: the laboratory.
    pub organization: String,
    /// When.
    pub time: UtcTime,
    /// With which program and version.
    pub software: String,
}

/// An export being written: first the content, of which the `export_log` entry tells ([`Self::content`]); then [`Self::log`] with that
/// entry, the rest in any order, and [`Self::finish`].
#[derive(Debug)]
pub struct ExportWriter<O> {
    output: O,
    origin: String,
    payload: Manifest,
    tags: Manifest,
    payload_bytes: u64,
    /// 32 bytes an entry, for the proofs.
    leaves: Vec<Hash>,
}

impl<O: ExportOutput> ExportWriter<O> {
    /// An export of the record called `origin`.
    pub fn new(output: O, origin: &str) -> Self {
        let payload = Manifest::new();
        let tags = Manifest::new();
        Self {
            output,
            origin: origin.to_owned(),
            payload,
            tags,
            payload_bytes: 0,
            leaves: Vec::new(),
        }
    }

    /// Writes all rows as they are, even those of a broken record, and the keys that the record names. `sizes` are those of the
    /// checkpoints that the caller wants to judge by the record that is given back.
    ///
    /// # Errors
    /// When the storage of the export or of the record fails.
    pub fn log(
        &mut self,
        entries: impl IntoIterator<Item = io::Result<StoredEntry>>,
        sizes: impl IntoIterator<Item = u64>,
    ) -> Result<VerifiedRecord, ExportError> {
        const PATH: &str = "data/log.jsonl";
        let mut verifier = RecordVerifier::new(sizes);
        let mut leaves = Vec::new();
        self.payload(PATH, |out| {
            for entry in entries {
                let entry = entry?;
                // A fault is kept by the verifier; the rows are exported all the same.
                if verifier.push(&entry).is_ok() {
                    leaves.push(leaf_hash(&entry.body));
                }
                out.write_all(&write_line(&entry).map_err(io::Error::other)?)?;
            }
            Ok(())
        })?;
        self.leaves = leaves;
        let record = verifier.finish();
        self.keys(&record)?;
        Ok(record)
    }

    /// Writes a checkpoint with its signatures, and detached SSH signatures of exactly this file.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn checkpoint(
        &mut self,
        signed: &SignedCheckpoint,
        ssh: &[SshSignature],
    ) -> Result<(), ExportError> {
        let path = format!("data/checkpoints/{}.note", file_stem(signed));
        self.payload_text(&path, &signed.to_string())?;
        for (number, signature) in (1_u64..).zip(ssh) {
            self.payload_text(&format!("{path}.{number}.sshsig"), &signature.to_string())?;
        }
        Ok(())
    }

    /// Writes the proof of one entry.
    ///
    /// # Errors
    /// [`ExportError::NoSuchEntry`], or when the storage fails.
    pub fn proof(
        &mut self,
        entry: &StoredEntry,
        signed: &SignedCheckpoint,
    ) -> Result<(), ExportError> {
        let index = entry.seq.checked_sub(1).ok_or(ExportError::NoSuchEntry(0))?;
        let proof = EntryProof::new(index, &entry.body, &self.leaves, signed.clone());
        let proof = proof.ok_or(ExportError::NoSuchEntry(entry.seq))?;
        self.payload_text(&format!("data/proofs/{:012}.tlog-proof", entry.seq), &proof.to_string())
    }

    /// Writes the answer of a time-stamping authority to the text of a checkpoint (RFC 3161, DER), and that text for `openssl ts -verify`.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn timestamp(
        &mut self,
        signed: &SignedCheckpoint,
        token: &[u8],
    ) -> Result<(), ExportError> {
        let path = format!("data/timestamps/{}", file_stem(signed));
        self.payload_text(&format!("{path}.txt"), signed.note().text())?;
        self.payload(&format!("{path}.tsr"), |out| out.write_all(token))
    }

    /// Writes the personal signatures of one entry.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn entry_signature(&mut self, seq: u64, note: &SignedNote) -> Result<(), ExportError> {
        self.payload_text(&format!("data/signatures/{seq:012}.note"), &note.to_string())
    }

    /// Returns the number of content files written so far and the digest of their lines in the manifest: what the `export_log` entry names.
    #[must_use]
    pub fn content(&self) -> (u64, Hash) {
        content_of(&self.payload)
    }

    /// Writes another file below `data/`: the case as JSON-LD, the file list.
    ///
    /// # Errors
    /// When the path is not below `data/` or the storage fails.
    pub fn payload(
        &mut self,
        path: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), ExportError> {
        if !path.starts_with("data/") || !is_plain(path) {
            return Err(ExportError::Path(path.to_owned()));
        }
        let (digest, bytes) = create(&mut self.output, path, write)?;
        self.payload.insert(path.to_owned(), digest);
        self.payload_bytes = self.payload_bytes.saturating_add(bytes);
        Ok(())
    }

    /// Writes the texts, the manifests and, with a key, the signature over all of it. Gives back the storage.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn finish(mut self, info: &BagInfo, signer: Option<&SigningKey>) -> Result<O, ExportError> {
        let date: String = info.time.as_str().chars().take(10).collect();
        let one_line = |text: &str| text.replace(char::is_control, " ");
        let info = format!(
            "Source-Organization: {}\n{ORIGIN_LABEL}: {}\nBagging-Date: {date}\nPayload-Oxum: {}.{}\nBag-Software-Agent: {}\n",
            one_line(&info.organization),
            one_line(&self.origin),
            self.payload_bytes,
            self.payload.len(),
            one_line(&info.software),
        );
        let manifest = write_manifest(&self.payload);
        let own = [
            (DECLARATION_PATH, DECLARATION),
            (INFO_PATH, info.as_str()),
            (MANIFEST_PATH, manifest.as_str()),
        ];
        for (path, text) in own.into_iter().chain(TEXTS) {
            let (digest, _) = create(&mut self.output, path, |out| out.write_all(text.as_bytes()))?;
            self.tags.insert(path.to_owned(), digest);
        }
        let tag_manifest = write_manifest(&self.tags);
        let (digest, _) = create(&mut self.output, TAG_MANIFEST_PATH, |out| {
            out.write_all(tag_manifest.as_bytes())
        })?;
        if let Some(signer) = signer {
            let mut seal = SignedNote::new(&seal_text(&self.origin, &digest))?;
            seal.sign(signer);
            create(&mut self.output, SEAL_PATH, |out| out.write_all(seal.to_string().as_bytes()))?;
        }
        Ok(self.output)
    }

    fn keys(&mut self, record: &VerifiedRecord) -> Result<(), ExportError> {
        for key in record.keys.keys() {
            let path = format!("data/keys/{}-{}", key.role, case_model::to_hex(&key.key.id()));
            self.payload_text(&format!("{path}.vkey"), &format!("{}\n", key.key))?;
            self.payload_text(&format!("{path}.pem"), &key.key.to_pem())?;
        }
        let signers = allowed_signers(record);
        match signers.is_empty() {
            true => Ok(()),
            false => self.payload_text(ALLOWED_SIGNERS_PATH, &signers),
        }
    }

    fn payload_text(&mut self, path: &str, text: &str) -> Result<(), ExportError> {
        self.payload(path, |out| out.write_all(text.as_bytes()))
    }
}

/// The list of the record's log keys for `ssh-keygen -Y verify`.
pub(super) fn allowed_signers(record: &VerifiedRecord) -> String {
    let keys = record.keys.keys().iter().filter(|key| key.role == KeyRole::Log);
    keys.map(|key| allowed_signers_line("log", CHECKPOINT_NAMESPACE, &SshPublicKey::from(&key.key)))
        .collect()
}

/// Files about one checkpoint: its size in 12 digits, 8 digits of its root.
fn file_stem(signed: &SignedCheckpoint) -> String {
    let checkpoint = signed.checkpoint();
    let root: String = case_model::to_hex(checkpoint.root()).chars().take(8).collect();
    format!("{:012}-{root}", checkpoint.size())
}

/// Writes a file and gives its digest and length in bytes.
fn create(
    output: &mut impl ExportOutput,
    path: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(Hash, u64), ExportError> {
    let written = || {
        let mut out = Digesting { out: output.create(path)?, digest: Sha256::new(), bytes: 0 };
        write(&mut out)?;
        out.flush()?;
        Ok((out.digest.finalize().into(), out.bytes))
    };
    written().map_err(|error| ExportError::Io { path: path.to_owned(), error })
}

struct Digesting<W> {
    out: W,
    digest: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        let written = bytes.get(..count).unwrap_or(bytes);
        self.digest.update(written);
        self.bytes = self.bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
