//! Public keys: C2SP verifier keys, and PEM for everybody else.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use case_model::to_hex;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// SubjectPublicKeyInfo of an Ed25519 key (RFC 8410, section 4) up to the 32 bytes of the key.
const SPKI_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The longest key name in bytes; longer ones come only from hostile files.
const MAX_NAME_BYTES: usize = 512;

/// What a key signs: the signature type byte of C2SP signed-note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// 0x01: Ed25519 over the text of a note. Log keys and personal keys.
    Note,
    /// 0x04: Ed25519 with a time, over a checkpoint. Witness keys.
    Cosigner,
}

impl KeyKind {
    /// The type byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Note => 0x01,
            Self::Cosigner => 0x04,
        }
    }
}

/// Why a text is no key.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum KeyError {
    /// The name cannot stand in a signature line.
    #[error(
        "the key name {0:?} is empty, too long, or holds a space, a plus sign or a control character"
    )]
    Name(String),
    /// Not of the form `name+hash+key`.
    #[error("{0:?} is no verifier key of the form name+hash+key")]
    Form(String),
    /// Another algorithm.
    #[error("the key's type is {0:#04x}; Ed25519 notes (0x01) and cosignatures (0x04) are known")]
    Kind(u8),
    /// The hash in the text belongs to another key.
    #[error("the key hash is {found}, name and key give {expected}")]
    Id {
        /// The hash that name and key give, in hexadecimal digits.
        expected: String,
        /// The hash in the text.
        found: String,
    },
    /// 32 bytes that are no point of the curve, or one of small order.
    #[error("the 32 bytes are no usable Ed25519 public key")]
    Point,
}

/// A public key with its name and purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    key: VerifyingKey,
}

impl VerifierKey {
    /// A key from its 32 bytes (RFC 8032).
    ///
    /// # Errors
    /// [`KeyError::Name`] and [`KeyError::Point`].
    pub fn new(name: &str, kind: KeyKind, public: &[u8; 32]) -> Result<Self, KeyError> {
        check_name(name)?;
        let key = VerifyingKey::from_bytes(public).map_err(|_| KeyError::Point)?;
        match key.is_weak() {
            true => Err(KeyError::Point),
            false => Ok(Self { name: name.to_owned(), kind, key }),
        }
    }

    /// The public half of a key whose name was checked.
    pub(super) fn of_own_key(name: &str, kind: KeyKind, key: VerifyingKey) -> Self {
        Self { name: name.to_owned(), kind, key }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The 32 bytes of the key (RFC 8032).
    #[must_use]
    pub fn public_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    pub(crate) const fn verifying_key(&self) -> &VerifyingKey {
        &self.key
    }

    /// `SHA-256(name ‖ 0x0A ‖ type ‖ key)[..4]`: finds the key, proves nothing.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        key_id(&self.name, self.kind, self.public_bytes())
    }

    /// SHA-256 of the 32 bytes as 16 groups of four hexadecimal digits, to be kept on paper and read aloud.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        crate::printing::grouped_hex(&Sha256::digest(self.public_bytes()))
    }

    /// The key as PEM (RFC 8410), for `openssl pkeyutl -verify -pubin -rawin`.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let der = [SPKI_PREFIX.as_slice(), self.public_bytes()].concat();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64.encode(der))
    }

    /// True when `signature` is this key's over `message`. Signatures that some verifiers accept and others refuse are refused.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [[self.kind.byte()].as_slice(), self.public_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, to_hex(&self.id()), BASE64.encode(typed))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let form = || KeyError::Form(text.chars().take(80).collect());
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(data)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(form());
        };
        let data = BASE64.decode(data).map_err(|_| form())?;
        let (kind, public) = match data.split_first() {
            Some((0x01, public)) => (KeyKind::Note, public),
            Some((0x04, public)) => (KeyKind::Cosigner, public),
            Some((other, _)) => return Err(KeyError::Kind(*other)),
            None => return Err(form()),
        };
        let public: &[u8; 32] = public.try_into().map_err(|_| form())?;
        let key = Self::new(name, kind, public)?;
        let expected = to_hex(&key.id());
        match expected == id {
            true => Ok(key),
            false => Err(KeyError::Id { expected, found: id.chars().take(16).collect() }),
        }
    }
}

pub(crate) fn check_name(name: &str) -> Result<(), KeyError> {
    let bad = name.is_empty()
        || name.len() > MAX_NAME_BYTES
        || name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+');
    if bad { Err(KeyError::Name(name.chars().take(80).collect())) } else { Ok(()) }
}

fn key_id(name: &str, kind: KeyKind, public: &[u8; 32]) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', kind.byte()])
        .chain_update(public)
        .finalize();
    let mut id = [0; 4];
    id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_public_log_is_read_and_written_the_same() {
        // The verifier key of the Go checksum database.
        let text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
        let key: VerifierKey = text.parse().unwrap();
        assert_eq!(
            (key.name(), key.kind(), key.to_string().as_str()),
            ("sum.golang.org", KeyKind::Note, text)
        );
    }

    #[test]
    fn a_text_that_is_no_key_says_why() {
        let refused = |text: &str| text.parse::<VerifierKey>().unwrap_err().to_string();
        let good = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
        assert_eq!(
            refused(&good.replace("033de0ae", "033de0af")),
            "the key hash is 033de0af, name and key give 033de0ae"
        );
        assert!(refused(&good.replace("sum.", "sum ")).contains("holds a space"));
        assert!(refused("x+00000000+BgAA").contains("0x06"));
        for text in ["", "a+b", "a+b+c", "a+00000000+", "a+00000000+AQ=="] {
            assert!(refused(text).contains("no verifier key"), "{text}");
        }
        // The neutral element verifies everything; it is no key.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert_eq!(VerifierKey::new("x", KeyKind::Note, &neutral), Err(KeyError::Point));
    }
}
