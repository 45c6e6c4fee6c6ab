//! The record of custody as somebody else hands it over: entries, notes, keys, proofs, whole exports.

use std::collections::BTreeMap;
use std::io::{self, Read};

use custody::{
    Checkpoint, EntryProof, ExportInput, RecordVerifier, SignedCheckpoint, SignedNote, SigningKey,
    SshSignature, StoredEntry, Trust, VerifierKey, canonical_bytes, chain_hash, parse_canonical,
    verify_entry_signature, verify_export,
};

/// A body of an entry: canonical JSON, and what the record makes of it.
pub(crate) fn entry(input: &[u8]) {
    if let Ok(json) = parse_canonical(input) {
        let again = canonical_bytes(&json).expect("what was read can be written");
        assert!(again == input, "two texts of one value");
    }
    let prev = [0; 32];
    let entry =
        StoredEntry { seq: 1, prev, body: input.to_vec(), hash: chain_hash(1, &prev, input) };
    let mut verifier = RecordVerifier::new([1]);
    if let Err(fault) = verifier.push(&entry) {
        assert!(!fault.to_string().is_empty());
    }
    let record = verifier.finish();
    if let Ok(note) = SignedNote::from_bytes(input) {
        assert!(verify_entry_signature("lab", &entry, &note, &[]).is_err());
        assert!(record.judge_entry_signature("lab", &entry, &note, &[]).is_err());
    }
}

/// Keys and signatures as text or bytes.
pub(crate) fn keys(input: &[u8]) {
    if let Ok(signature) = SshSignature::from_bytes(input) {
        assert!(signature.verify("other", b"other").is_err());
    }
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string().parse::<VerifierKey>().as_ref().ok(), Some(&key));
        assert!(!key.verifies(b"", &[0; 64]));
        assert!(!key.to_pem().is_empty());
    }
    let _ = text.parse::<SigningKey>();
}

/// Notes, checkpoints and proofs.
pub(crate) fn note(input: &[u8]) {
    if let Ok(note) = SignedNote::from_bytes(input) {
        assert!(note.to_string().as_bytes() == input, "two texts of one note");
        assert!(note.verify(&[]).is_err());
    }
    if let Ok(text) = std::str::from_utf8(input)
        && let Ok(checkpoint) = text.parse::<Checkpoint>()
    {
        assert_eq!(checkpoint.to_string(), text, "two texts of one checkpoint");
    }
    let _ = SignedCheckpoint::from_bytes(input);
    if let Ok(proof) = EntryProof::from_bytes(input) {
        assert!(proof.verify(b"another body", &[]).is_err());
    }
}

/// An export in memory.
struct Bag(BTreeMap<String, Vec<u8>>);

impl ExportInput for Bag {
    fn paths(&self, limit: usize) -> io::Result<Vec<String>> {
        Ok(self.0.keys().take(limit).cloned().collect())
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        match self.0.get(path) {
            Some(bytes) => Ok(Box::new(bytes.as_slice())),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// An export: files one after the other, as `path`, a zero byte, length (2, little-endian), bytes.
pub(crate) fn export(input: &[u8]) {
    let mut files = BTreeMap::new();
    let mut rest = input;
    while let Some(end) = rest.iter().position(|byte| *byte == 0) {
        let (path, behind) = rest.split_at(end);
        let Some((length, behind)) = behind[1..].split_first_chunk::<2>() else { break };
        let (bytes, behind) =
            behind.split_at(usize::from(u16::from_le_bytes(*length)).min(behind.len()));
        files.insert(String::from_utf8_lossy(path).into_owned(), bytes.to_vec());
        rest = behind;
    }
    let report = verify_export(&Bag(files), Trust::default());
    for finding in report.findings.iter().take(100) {
        assert!(!finding.to_string().is_empty());
    }
    for remark in report.remarks.iter().take(100) {
        assert!(!remark.to_string().is_empty());
    }
}
