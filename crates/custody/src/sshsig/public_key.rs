//! Public keys as OpenSSH writes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use super::wire::{put_string, take_string};
use crate::keys::VerifierKey;

/// Ed25519 in software.
pub(super) const ED25519: &str = "ssh-ed25519";
/// Ed25519 in a hardware token, which adds flags and a counter to what it signs (OpenSSH, PROTOCOL.u2f).
pub(super) const SK_ED25519: &str = "sk-ssh-ed25519@openssh.com";

/// An Ed25519 key of OpenSSH, in software or in a hardware token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SshPublicKey {
    key: VerifyingKey,
    /// The token's application, such as `ssh:`; `None` for a key in software.
    application: Option<Vec<u8>>,
}

impl SshPublicKey {
    /// Reads a line of a `.pub` file: `ssh-ed25519 AAAA… comment`.
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let algorithm = words.next()?;
        let blob = BASE64.decode(words.next()?).ok()?;
        Self::from_blob(&blob).filter(|key| key.algorithm() == algorithm)
    }

    /// `ssh-ed25519` or `sk-ssh-ed25519@openssh.com`.
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        match self.application {
            None => ED25519,
            Some(_) => SK_ED25519,
        }
    }

    /// The line of a `.pub` file, without comment.
    #[must_use]
    pub fn to_line(&self) -> String {
        format!("{} {}", self.algorithm(), BASE64.encode(self.to_blob()))
    }

    pub(super) fn from_blob(mut blob: &[u8]) -> Option<Self> {
        let algorithm = take_string(&mut blob)?;
        let key: &[u8; 32] = take_string(&mut blob)?.try_into().ok()?;
        let key = VerifyingKey::from_bytes(key).ok().filter(|key| !key.is_weak())?;
        let application = match algorithm {
            algorithm if algorithm == ED25519.as_bytes() => None,
            algorithm if algorithm == SK_ED25519.as_bytes() => {
                Some(take_string(&mut blob)?.to_vec())
            }
            _ => return None,
        };
        blob.is_empty().then_some(Self { key, application })
    }

    pub(super) fn to_blob(&self) -> Vec<u8> {
        let mut blob = Vec::new();
        put_string(&mut blob, self.algorithm().as_bytes());
        put_string(&mut blob, self.key.as_bytes());
        self.application.iter().for_each(|application| put_string(&mut blob, application));
        blob
    }

    /// Verifies the `signature` field of an SSH signature: algorithm, 64 bytes, and for a token its flags and counter.
    pub(super) fn verifies(&self, message: &[u8], mut blob: &[u8]) -> bool {
        let parts = take_string(&mut blob)
            .filter(|algorithm| *algorithm == self.algorithm().as_bytes())
            .and_then(|_| take_string(&mut blob));
        let Some(signature) = parts.and_then(|bytes| Signature::from_slice(bytes).ok()) else {
            return false;
        };
        let message = match &self.application {
            None if blob.is_empty() => message.to_vec(),
            // SHA-256(application) ‖ flags ‖ counter ‖ SHA-256(message); bit 0 of the flags: somebody touched the token.
            Some(application)
                if blob.len() == 5 && blob.first().is_some_and(|flags| flags & 1 == 1) =>
            {
                [Sha256::digest(application).as_slice(), blob, &Sha256::digest(message)].concat()
            }
            _ => return false,
        };
        self.key.verify_strict(&message, &signature).is_ok()
    }
}

impl From<&VerifierKey> for SshPublicKey {
    /// The same 32 bytes in OpenSSH's clothes.
    fn from(key: &VerifierKey) -> Self {
        Self { key: *key.verifying_key(), application: None }
    }
}

/// A line of an `allowed_signers` file, which lets that key sign in one namespace only.
#[must_use]
pub fn allowed_signers_line(principal: &str, namespace: &str, key: &SshPublicKey) -> String {
    format!("{principal} namespaces=\"{namespace}\" {}\n", key.to_line())
}
