//! A private key at rest, locked with a passphrase: Argon2id (RFC 9106) and XChaCha20-Poly1305.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use thiserror::Error;

use super::signing::SigningKey;
use super::verifier::KeyError;

const HEADER: &str = "athar-key/1";

/// RFC 9106, section 4, second recommendation (64 MiB, three passes), with one lane: unlocking takes some tenths of a second.
const MEMORY_KIB: u32 = 64 << 10;
const PASSES: u32 = 3;
const LANES: u32 = 1;

/// A file from elsewhere must not use up the machine: 1 GiB.
const MAX_MEMORY_KIB: u32 = 1 << 20;
const MAX_PASSES: u32 = 64;
const MAX_LANES: u32 = 16;

/// The longest key file in bytes.
const MAX_FILE_BYTES: usize = 4_096;

/// Why a key file cannot be locked or unlocked.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum KeyFileError {
    /// Not a key file.
    #[error("not a key file: {0}")]
    Form(&'static str),
    /// Wants more work than allowed.
    #[error(
        "the key file asks for {memory_kib} KiB, {passes} passes and {lanes} lanes, more than is allowed"
    )]
    TooExpensive {
        /// Memory.
        memory_kib: u32,
        /// Passes over it.
        passes: u32,
        /// Lanes.
        lanes: u32,
    },
    /// Nobody can tell which of the two.
    #[error("the passphrase is wrong, or the key file was changed")]
    Locked,
    /// The key inside.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl SigningKey {
    /// The key as a text file that only the passphrase opens. `random` are 40 bytes from the operating system's random source, new
    /// for every file: 16 of salt, 24 of nonce. The passphrase is taken byte by byte, without normalisation.
    ///
    /// # Errors
    /// [`KeyFileError::Form`] for an empty passphrase.
    pub fn to_locked_text(
        &self,
        passphrase: &[u8],
        random: &[u8; 40],
    ) -> Result<String, KeyFileError> {
        if passphrase.is_empty() {
            return Err(KeyFileError::Form("the passphrase is empty"));
        }
        let (salt, nonce) = random.split_at(16);
        let head = format!(
            "{HEADER}\nname {}\nargon2id {MEMORY_KIB} {PASSES} {LANES} {}\nxchacha20poly1305 {}\n",
            self.name(),
            BASE64.encode(salt),
            BASE64.encode(nonce)
        );
        let params =
            Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(|_| KeyFileError::Locked)?;
        let cipher = cipher(passphrase, salt, params)?;
        let secret = Payload { msg: self.secret_bytes(), aad: head.as_bytes() };
        let locked = cipher.encrypt(&nonce_of(nonce)?, secret).map_err(|_| KeyFileError::Locked)?;
        Ok(format!("{head}{}\n", BASE64.encode(locked)))
    }

    /// Opens a file that [`Self::to_locked_text`] made.
    ///
    /// # Errors
    /// Another passphrase, another form, or a file that asks for too much work.
    pub fn from_locked_text(text: &str, passphrase: &[u8]) -> Result<Self, KeyFileError> {
        let form = KeyFileError::Form;
        if text.len() > MAX_FILE_BYTES {
            return Err(form("too long"));
        }
        let lines: Vec<_> = text.split_inclusive('\n').collect();
        let [header, name, kdf, aead, locked] = lines.as_slice() else {
            return Err(form("five lines expected"));
        };
        let value = |line: &'static str, text: &str| {
            text.strip_suffix('\n')
                .and_then(|text| text.strip_prefix(line))
                .map(str::to_owned)
                .ok_or(form(line))
        };
        value(HEADER, header)?;
        let name = value("name ", name)?;
        let (params, salt) = parse_kdf(&value("argon2id ", kdf)?)?;
        let decode = |text: String| BASE64.decode(text).map_err(|_| form("not base64"));
        let nonce = nonce_of(&decode(value("xchacha20poly1305 ", aead)?)?)?;
        let locked = decode(value("", locked)?)?;
        let head = [*header, &format!("name {name}\n"), kdf, aead].concat();
        let payload = Payload { msg: &locked, aad: head.as_bytes() };
        let secret = cipher(passphrase, &salt, params)?.decrypt(&nonce, payload);
        let secret: [u8; 32] =
            secret.ok().and_then(|secret| secret.try_into().ok()).ok_or(KeyFileError::Locked)?;
        Ok(Self::from_random_bytes(&name, &secret)?)
    }
}

fn nonce_of(bytes: &[u8]) -> Result<XNonce, KeyFileError> {
    let bytes: [u8; 24] =
        bytes.try_into().map_err(|_| KeyFileError::Form("the nonce has not 24 bytes"))?;
    Ok(bytes.into())
}

/// `memory passes lanes salt`
fn parse_kdf(text: &str) -> Result<(Params, Vec<u8>), KeyFileError> {
    let form = || KeyFileError::Form("argon2id needs memory, passes, lanes and salt");
    let words: Vec<_> = text.split(' ').collect();
    let &[memory_kib, passes, lanes, salt] = words.as_slice() else { return Err(form()) };
    let number = |word: &str| word.parse::<u32>().map_err(|_| form());
    let memory_kib = number(memory_kib)?;
    let passes = number(passes)?;
    let lanes = number(lanes)?;
    if memory_kib > MAX_MEMORY_KIB || passes > MAX_PASSES || lanes > MAX_LANES {
        return Err(KeyFileError::TooExpensive { memory_kib, passes, lanes });
    }
    let params = Params::new(memory_kib, passes, lanes, Some(32)).map_err(|_| form())?;
    Ok((params, BASE64.decode(salt).map_err(|_| form())?))
}

fn cipher(
    passphrase: &[u8],
    salt: &[u8],
    params: Params,
) -> Result<XChaCha20Poly1305, KeyFileError> {
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase, salt, &mut key)
        .map_err(|_| KeyFileError::Form("the salt has another length"))?;
    Ok(XChaCha20Poly1305::new(&Key::from(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_key_opens_with_its_passphrase_only_and_only_unchanged() {
        let key = SigningKey::from_random_bytes("lab.example/ليلى", &[7; 32]).unwrap();
        let text = key.to_locked_text("كلمة السر".as_bytes(), &[3; 40]).unwrap();
        assert!(!text.contains(&BASE64.encode([7; 30])));
        let opened = SigningKey::from_locked_text(&text, "كلمة السر".as_bytes()).unwrap();
        assert_eq!((opened.sign(b"x"), opened.name()), (key.sign(b"x"), key.name()));
        let refused = |text: &str, passphrase: &str| {
            SigningKey::from_locked_text(text, passphrase.as_bytes()).unwrap_err()
        };
        assert_eq!(refused(&text, "other"), KeyFileError::Locked);
        assert_eq!(refused(&text.replace("ليلى", "سلمى"), "كلمة السر"), KeyFileError::Locked);
        let greedy = text.replace("argon2id 65536", "argon2id 4294967295");
        assert!(matches!(
            refused(&greedy, "x"),
            KeyFileError::TooExpensive { memory_kib: u32::MAX, .. }
        ));
        for bad in [
            "",
            "athar-key/1\n",
            &text.replace("athar-key/1", "athar-key/2"),
            &text.replace(" 3 1 ", " 3 "),
        ] {
            assert!(matches!(refused(bad, "x"), KeyFileError::Form(_)), "{bad}");
        }
        assert!(key.to_locked_text(b"", &[3; 40]).is_err());
    }
}
