//! The signed note (c2sp.org/signed-note) and the cosignature (c2sp.org/tlog-cosignature).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use thiserror::Error;

use crate::keys::{KeyKind, SigningKey, VerifierKey};

/// The longest note that is read: a checkpoint with a hundred post-quantum signatures has half of that.
pub const MAX_NOTE_BYTES: usize = 1_000_000;

/// The most signatures that a note may have; c2sp.org/signed-note asks for at least 16.
const MAX_SIGNATURES: usize = 100;

/// Begins every signature line: em dash and space.
const SIGNATURE_LINE: &str = "\u{2014} ";

/// A text with its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line, not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: String,
    /// The id of the key.
    pub key_id: [u8; 4],
    /// What the key made: 64 bytes, for cosignatures after 8 bytes of time.
    pub bytes: Vec<u8>,
}

/// A signature that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// By this key.
    pub key: VerifierKey,
    /// For cosignatures: when the witness says that it signed, in seconds since 1970 UTC.
    pub unix_seconds: Option<u64>,
}

/// What is wrong with a note.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NoteError {
    /// Longer than any note.
    #[error("the note has {0} bytes, at most {MAX_NOTE_BYTES} are read")]
    TooLong(usize),
    /// Not a note.
    #[error("not a signed note: {0}")]
    Form(&'static str),
    /// Nobody who is known has signed.
    #[error("no signature by a key that is trusted here; signed by: {0}")]
    NoKnownSignature(String),
    /// A known key's signature does not verify.
    #[error(
        "the signature by {key} does not verify: the text was changed, or the key is another one"
    )]
    Signature {
        /// The key.
        key: String,
    },
}

impl SignedNote {
    /// A note without signatures yet.
    ///
    /// # Errors
    /// [`NoteError::Form`] when the text does not end with a newline or holds control characters.
    pub fn new(text: &str) -> Result<Self, NoteError> {
        if !text.ends_with('\n') {
            return Err(NoteError::Form("the text does not end with a newline"));
        }
        if text.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Form("a control character"));
        }
        Ok(Self { text: text.to_owned(), signatures: Vec::new() })
    }

    /// A text that is known to be one.
    pub(super) fn of_checked_text(text: String) -> Self {
        Self { text, signatures: Vec::new() }
    }

    /// The text that is signed, with its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, verified by nobody yet.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Signs the text.
    pub fn sign(&mut self, key: &SigningKey) {
        let bytes = key.sign(self.text.as_bytes()).to_vec();
        let key = key.verifier(KeyKind::Note);
        self.signatures.push(NoteSignature {
            name: key.name().to_owned(),
            key_id: key.id(),
            bytes,
        });
    }

    /// Signs as a witness (`cosignature/v1`), at a time in seconds since 1970 UTC. The text must be a checkpoint whose
    /// consistency with the last one the witness has verified.
    pub fn cosign(&mut self, key: &SigningKey, unix_seconds: u64) {
        let signature = key.sign(cosigned_message(unix_seconds, &self.text).as_bytes());
        let bytes = [unix_seconds.to_be_bytes().as_slice(), &signature].concat();
        let key = key.verifier(KeyKind::Cosigner);
        self.signatures.push(NoteSignature {
            name: key.name().to_owned(),
            key_id: key.id(),
            bytes,
        });
    }

    /// Adds the signatures of another copy of the same note, such as one that a witness sent back.
    ///
    /// # Errors
    /// [`NoteError::Form`] when the other note has another text.
    pub fn merge(&mut self, other: &Self) -> Result<(), NoteError> {
        if other.text != self.text {
            return Err(NoteError::Form("the two notes have different texts"));
        }
        let new = other.signatures.iter().filter(|signature| !self.signatures.contains(signature));
        let new: Vec<_> = new.cloned().collect();
        self.signatures.extend(new);
        Ok(())
    }

    /// Verifies the signatures of the keys that are known; others are ignored, as the specification asks.
    ///
    /// # Errors
    /// A signature of a known key that does not verify, or none of a known key.
    pub fn verify(&self, known: &[VerifierKey]) -> Result<Vec<Verified>, NoteError> {
        let mut verified = Vec::new();
        for signature in &self.signatures {
            let by = known
                .iter()
                .find(|key| key.id() == signature.key_id && key.name() == signature.name);
            let Some(key) = by else { continue };
            let unix_seconds = self
                .check(signature, key)
                .ok_or_else(|| NoteError::Signature { key: key.to_string() })?;
            verified.push(Verified { key: key.clone(), unix_seconds });
        }
        match verified.is_empty() {
            true => {
                let names: Vec<_> =
                    self.signatures.iter().map(|signature| signature.name.as_str()).collect();
                Err(NoteError::NoKnownSignature(names.join(", ")))
            }
            false => Ok(verified),
        }
    }

    /// The time of a cosignature if the signature verifies; `None` if it does not.
    fn check(&self, signature: &NoteSignature, key: &VerifierKey) -> Option<Option<u64>> {
        match key.kind() {
            KeyKind::Note => key.verifies(self.text.as_bytes(), &signature.bytes).then_some(None),
            KeyKind::Cosigner => {
                let (time, signature) = signature.bytes.split_first_chunk::<8>()?;
                let time = u64::from_be_bytes(*time);
                let message = cosigned_message(time, &self.text);
                key.verifies(message.as_bytes(), signature).then_some(Some(time))
            }
        }
    }

    /// Reads a note from bytes.
    ///
    /// # Errors
    /// What keeps the bytes from being a note.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong(bytes.len()));
        }
        std::str::from_utf8(bytes).map_err(|_| NoteError::Form("not UTF-8"))?.parse()
    }
}

impl FromStr for SignedNote {
    type Err = NoteError;

    fn from_str(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong(note.len()));
        }
        // The last empty line divides; the text keeps its newline.
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Form("no empty line"))?;
        let lines = lines
            .strip_suffix('\n')
            .ok_or(NoteError::Form("the last signature line does not end"))?;
        let mut signed = Self::new(&format!("{text}\n"))?;
        for line in lines.split('\n') {
            if signed.signatures.len() >= MAX_SIGNATURES {
                return Err(NoteError::Form("more than 100 signatures"));
            }
            let signature =
                parse_line(line).ok_or(NoteError::Form("a signature line of another form"))?;
            signed.signatures.push(signature);
        }
        Ok(signed)
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| {
            let typed = [signature.key_id.as_slice(), &signature.bytes].concat();
            writeln!(f, "{SIGNATURE_LINE}{} {}", signature.name, BASE64.encode(typed))
        })
    }
}

fn parse_line(line: &str) -> Option<NoteSignature> {
    let (name, data) = line.strip_prefix(SIGNATURE_LINE)?.split_once(' ')?;
    crate::keys::check_name(name).ok()?;
    let data = BASE64.decode(data).ok()?;
    let (key_id, bytes) = data.split_first_chunk::<4>()?;
    (!bytes.is_empty()).then(|| NoteSignature {
        name: name.to_owned(),
        key_id: *key_id,
        bytes: bytes.to_vec(),
    })
}

/// What a witness signs: c2sp.org/tlog-cosignature, Ed25519.
fn cosigned_message(unix_seconds: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {unix_seconds}\n{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in the documentation of golang.org/x/mod/sumdb/note: somebody else's key, signature and program.
    const PETER_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const PETER: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn a_note_of_another_program_verifies_and_is_written_the_same() {
        let note: SignedNote = PETER.parse().unwrap();
        let key: VerifierKey = PETER_KEY.parse().unwrap();
        assert_eq!(
            note.verify(std::slice::from_ref(&key)).unwrap(),
            [Verified { key: key.clone(), unix_seconds: None }]
        );
        assert_eq!(note.to_string(), PETER);
        let changed: SignedNote = PETER.replace("answer", "Answer").parse().unwrap();
        assert_eq!(changed.verify(&[key]), Err(NoteError::Signature { key: PETER_KEY.into() }));
    }

    #[test]
    fn signatures_of_strangers_are_ignored_but_never_enough() {
        let us = SigningKey::from_random_bytes("lab.example/log", &[1; 32]).unwrap();
        let namesake = SigningKey::from_random_bytes("lab.example/log", &[2; 32]).unwrap();
        let mut note = SignedNote::new("text\n").unwrap();
        note.sign(&namesake);
        let known = [us.verifier(KeyKind::Note)];
        assert_eq!(note.verify(&known), Err(NoteError::NoKnownSignature("lab.example/log".into())));
        note.sign(&us);
        assert_eq!(note.verify(&known).unwrap().len(), 1);
    }

    #[test]
    fn a_cosignature_binds_its_time_and_is_no_ordinary_signature() {
        let witness = SigningKey::from_random_bytes("court.example/witness", &[3; 32]).unwrap();
        let mut note = SignedNote::new("lab.example/log\n1\nroot\n").unwrap();
        note.cosign(&witness, 1_795_251_600);
        let known = [witness.verifier(KeyKind::Cosigner)];
        assert_eq!(note.verify(&known).unwrap()[0].unix_seconds, Some(1_795_251_600));
        assert!(matches!(
            note.verify(&[witness.verifier(KeyKind::Note)]),
            Err(NoteError::NoKnownSignature(_))
        ));
        note.signatures[0].bytes[7] ^= 1;
        assert!(matches!(note.verify(&known), Err(NoteError::Signature { .. })));
    }

    #[test]
    fn what_is_no_note_is_refused() {
        for bad in [
            "",
            "\n",
            "text\n",
            "text\n\n",
            "text\n\nx\n",
            "text\n\n— a\n",
            "text\n\n— a AAAA\n",
            "text\n\n— a+b AAAAAAAA\n",
            "te\txt\n\n— a AAAAAAAA\n",
            "text\n\n— a AAAAAAAA",
            "text\r\n\n— a AAAAAAAA\n",
            "text\n\n— a AAAAAAAA\n\n",
        ] {
            assert!(bad.parse::<SignedNote>().is_err(), "{bad:?}");
        }
        assert!(SignedNote::from_bytes(b"\xff\n\n").is_err());
        assert_eq!(
            SignedNote::from_bytes(&vec![b'x'; MAX_NOTE_BYTES + 1]),
            Err(NoteError::TooLong(MAX_NOTE_BYTES + 1))
        );
        let many = format!("text\n\n{}", "— a AAAAAAAA\n".repeat(MAX_SIGNATURES + 1));
        assert_eq!(many.parse::<SignedNote>(), Err(NoteError::Form("more than 100 signatures")));
    }
}
