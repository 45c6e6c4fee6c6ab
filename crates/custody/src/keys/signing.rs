//! Private keys.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use case_model::to_hex;
use ed25519_dalek::Signer as _;

use super::verifier::{KeyError, KeyKind, VerifierKey, check_name};

/// The beginning of a private key's text, as Go's `note` package writes it.
const TEXT_PREFIX: &str = "PRIVATE+KEY+";

/// A private key with its name. Its memory is wiped when it is dropped; it is never shown by `Debug`.
#[derive(Clone)]
pub struct SigningKey {
    name: String,
    secret: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// A key from 32 bytes that the caller took from the operating system's random source, and from nowhere else.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn from_random_bytes(name: &str, random: &[u8; 32]) -> Result<Self, KeyError> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), secret: ed25519_dalek::SigningKey::from_bytes(random) })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn secret_bytes(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    /// The public key for that purpose.
    #[must_use]
    pub fn verifier(&self, kind: KeyKind) -> VerifierKey {
        VerifierKey::of_own_key(&self.name, kind, self.secret.verifying_key())
    }

    /// The signature over `message` (RFC 8032), 64 bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }

    /// `PRIVATE+KEY+name+hash+base64(0x01 ‖ seed)`: **the secret in plain text**.
    #[must_use]
    pub fn to_secret_text(&self) -> String {
        let typed = [[KeyKind::Note.byte()].as_slice(), self.secret.as_bytes()].concat();
        let id = to_hex(&self.verifier(KeyKind::Note).id());
        format!("{TEXT_PREFIX}{}+{id}+{}", self.name, BASE64.encode(typed))
    }
}

impl FromStr for SigningKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        // The text is secret: errors must not repeat it.
        let form = || KeyError::Form("the private key".to_owned());
        let parts: Vec<_> =
            text.strip_prefix(TEXT_PREFIX).ok_or_else(form)?.splitn(3, '+').collect();
        let &[name, id, data] = parts.as_slice() else { return Err(form()) };
        let data = BASE64.decode(data).map_err(|_| form())?;
        let (kind, seed) = data.split_first().ok_or_else(form)?;
        if *kind != KeyKind::Note.byte() {
            return Err(KeyError::Kind(*kind));
        }
        let key = Self::from_random_bytes(name, seed.try_into().map_err(|_| form())?)?;
        let expected = to_hex(&key.verifier(KeyKind::Note).id());
        match expected == id {
            true => Ok(key),
            false => Err(KeyError::Id { expected, found: id.chars().take(16).collect() }),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, secret not shown)", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_goes_to_text_and_back_and_is_not_shown_by_accident() {
        let key = SigningKey::from_random_bytes("lab.example/ليلى", &[7; 32]).unwrap();
        let text = key.to_secret_text();
        let again: SigningKey = text.parse().unwrap();
        assert_eq!(again.sign(b"x"), key.sign(b"x"));
        assert_eq!(format!("{key:?}"), "SigningKey(lab.example/ليلى, secret not shown)");
        for bad in
            [&text[1..], &text[..text.len() - 4], &text.replace("ليلى", "x"), "PRIVATE+KEY+a"]
        {
            let error = bad.parse::<SigningKey>().unwrap_err().to_string();
            assert!(!error.contains(&BASE64.encode([7; 30])[4..]), "{error}");
        }
    }
}
