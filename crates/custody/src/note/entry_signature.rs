//! An examiner's own signature of one entry: a note over the entry's digest.

use case_model::to_hex;
use thiserror::Error;

use super::signed_note::{NoteError, SignedNote, Verified};
use crate::entry::StoredEntry;
use crate::keys::{SigningKey, VerifierKey};

/// The first line: keeps signatures of entries apart from those of checkpoints and of everything else.
const HEADER: &str = "athar-custody-entry/v1";

/// Why a signature of an entry does not count.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EntrySignatureError {
    /// It is about something else.
    #[error("the signature is not about entry {seq} with the hash {hash}")]
    OtherEntry {
        /// The entry.
        seq: u64,
        /// Its hash in hexadecimal digits.
        hash: String,
    },
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// What is signed: header, origin of the record, sequence number, and hash of the entry, one a line.
#[must_use]
pub fn entry_signature_text(origin: &str, entry: &StoredEntry) -> String {
    format!("{HEADER}\n{origin}\n{}\n{}\n", entry.seq, to_hex(&entry.hash))
}

/// Signs an entry with a personal key.
///
/// # Errors
/// [`NoteError::Form`] when the origin holds control characters.
pub fn sign_entry(
    origin: &str,
    entry: &StoredEntry,
    key: &SigningKey,
) -> Result<SignedNote, NoteError> {
    let mut note = SignedNote::new(&entry_signature_text(origin, entry))?;
    note.sign(key);
    Ok(note)
}

/// Verifies who signed an entry.
///
/// # Errors
/// When the note is about another entry, or nobody known has signed it.
pub fn verify_entry_signature(
    origin: &str,
    entry: &StoredEntry,
    note: &SignedNote,
    known: &[VerifierKey],
) -> Result<Vec<Verified>, EntrySignatureError> {
    match note.text() == entry_signature_text(origin, entry) {
        true => Ok(note.verify(known)?),
        false => Err(EntrySignatureError::OtherEntry { seq: entry.seq, hash: to_hex(&entry.hash) }),
    }
}
