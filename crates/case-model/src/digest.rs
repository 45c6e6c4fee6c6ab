//! Digests of streams and media.

use std::fmt;

use thiserror::Error;

/// A digest algorithm that evidence and hash sets are keyed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// MD5 (RFC 1321), 16 bytes. Broken for collisions, still how most sets are keyed.
    Md5,
    /// SHA-1 (FIPS 180-4), 20 bytes. Broken for collisions.
    Sha1,
    /// SHA-256 (FIPS 180-4), 32 bytes.
    Sha256,
    /// BLAKE3, 32 bytes.
    Blake3,
}

impl Algorithm {
    /// All, in the order of their strength as identification.
    pub const ALL: [Self; 4] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Blake3];

    /// Digest length in bytes.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 | Self::Blake3 => 32,
        }
    }

    /// The name in exports and columns: `md5`, `sha1`, `sha256`, `blake3`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Blake3 => "blake3",
        }
    }

    /// The algorithm called `key`, in any case, with or without a hyphen.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        let plain: String = key.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).collect();
        Self::ALL.into_iter().find(|algorithm| algorithm.key().eq_ignore_ascii_case(&plain))
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Blake3 => "BLAKE3",
        })
    }
}

/// The digests of one stream or medium; `None` where one was not computed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digests {
    /// MD5.
    pub md5: Option<[u8; 16]>,
    /// SHA-1.
    pub sha1: Option<[u8; 20]>,
    /// SHA-256.
    pub sha256: Option<[u8; 32]>,
    /// BLAKE3.
    pub blake3: Option<[u8; 32]>,
}

impl Digests {
    /// The digest by `algorithm`, if it was computed.
    #[must_use]
    pub fn get(&self, algorithm: Algorithm) -> Option<&[u8]> {
        match algorithm {
            Algorithm::Md5 => self.md5.as_ref().map(<[u8; 16]>::as_slice),
            Algorithm::Sha1 => self.sha1.as_ref().map(<[u8; 20]>::as_slice),
            Algorithm::Sha256 => self.sha256.as_ref().map(<[u8; 32]>::as_slice),
            Algorithm::Blake3 => self.blake3.as_ref().map(<[u8; 32]>::as_slice),
        }
    }

    /// True when no digest was computed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Text that is not a digest.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("not a hexadecimal digest: {0:?}")]
pub struct InvalidDigest(pub String);

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'?'));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Hexadecimal digits, of either case, as bytes.
///
/// # Errors
/// [`InvalidDigest`] for an odd count or a character that is no digit.
pub fn from_hex(text: &str) -> Result<Vec<u8>, InvalidDigest> {
    let wrong = || InvalidDigest(text.chars().take(140).collect());
    if !text.len().is_multiple_of(2) {
        return Err(wrong());
    }
    let nibble =
        |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
            _ => None,
        })
        .collect::<Option<Vec<u8>>>()
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_goes_there_and_back_and_refuses_the_rest() {
        assert_eq!(to_hex(&[0, 0x9f, 0xff]), "009fff");
        assert_eq!(from_hex("009FfF"), Ok(vec![0, 0x9f, 0xff]));
        for bad in ["0", "0g", "é0", "+1"] {
            assert!(from_hex(bad).is_err(), "{bad}");
        }
        assert_eq!(Algorithm::from_key("SHA-256"), Some(Algorithm::Sha256));
    }
}
