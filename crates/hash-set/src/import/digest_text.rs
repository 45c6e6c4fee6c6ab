//! Digests as text.

use byte_source::length;
use case_model::{Algorithm, Digests, from_hex};

use super::visible_text::visible;
use super::{ImportError, ImportOptions, Position, RejectReason};

/// Characters of a text that are kept for a message.
const EXCERPT_CHARACTERS: usize = 80;
/// What exporters write where there is no digest.
const PLACEHOLDERS: [&str; 6] = ["-", "n/a", "na", "none", "null", "nil"];

/// The beginning of a text, for a message.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(EXCERPT_CHARACTERS).collect()
}

/// Reads a digest of a known algorithm; `None` for an empty field, a placeholder or nothing but zeros.
pub(crate) fn read_digest(
    text: &str,
    algorithm: Algorithm,
) -> Result<Option<Vec<u8>>, RejectReason> {
    let Some(digest) = read_hex(text)? else {
        return Ok(None);
    };
    match digest.len() == algorithm.length() {
        true => Ok(Some(digest)),
        false => Err(RejectReason::wrong_length(algorithm, length(digest.len()).saturating_mul(2))),
    }
}

/// Reads hexadecimal digits; `None` for an empty field, a placeholder or nothing but zeros.
fn read_hex(text: &str) -> Result<Option<Vec<u8>>, RejectReason> {
    let text = visible(text).trim_matches(['"', '\'']);
    let text = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    if text.is_empty()
        || PLACEHOLDERS.iter().any(|placeholder| text.eq_ignore_ascii_case(placeholder))
    {
        return Ok(None);
    }
    let digest =
        from_hex(text).map_err(|_| RejectReason::NotHexadecimal { found: excerpt(text) })?;
    Ok(digest.iter().any(|&byte| byte != 0).then_some(digest))
}

/// Puts a digest in its place when its text is nothing but the digits of one; false, and nothing done, for any other text: what that is
/// [`read_digest`] says.
pub(crate) fn put_plain(digests: &mut Digests, algorithm: Algorithm, text: &[u8]) -> bool {
    match algorithm {
        Algorithm::Md5 => plain(text).map(|digest| digests.md5 = Some(digest)),
        Algorithm::Sha1 => plain(text).map(|digest| digests.sha1 = Some(digest)),
        Algorithm::Sha256 => plain(text).map(|digest| digests.sha256 = Some(digest)),
        Algorithm::Blake3 => plain(text).map(|digest| digests.blake3 = Some(digest)),
    }
    .is_some()
}

/// The value of each digit; 255 for what is none.
const VALUES: [u8; 256] = digit_values();

#[expect(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "computed by the compiler, which refuses what does not fit"
)]
const fn digit_values() -> [u8; 256] {
    let mut values = [255; 256];
    let mut value = 0_u8;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        values[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    values
}

/// Twice as many digits as bytes, not all of them zero.
fn plain<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut digest = [0; N];
    let mut wrong = 0;
    let mut any = 0;
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        let high = VALUES.get(usize::from(*high))?;
        let low = VALUES.get(usize::from(*low))?;
        *byte = high << 4 | low & 15;
        wrong |= high | low;
        any |= *byte;
    }
    (wrong < 16 && any != 0).then_some(digest)
}

/// Puts `digest` in its place.
pub(crate) fn put(digests: &mut Digests, algorithm: Algorithm, digest: &[u8]) {
    match algorithm {
        Algorithm::Md5 => digests.md5 = digest.try_into().ok(),
        Algorithm::Sha1 => digests.sha1 = digest.try_into().ok(),
        Algorithm::Sha256 => digests.sha256 = digest.try_into().ok(),
        Algorithm::Blake3 => digests.blake3 = digest.try_into().ok(),
    }
}

/// Decides the algorithm of digests that the file does not name.
pub(crate) struct Untagged {
    /// By the caller, or by the file's name or heading.
    said: Option<Algorithm>,
    mixed: bool,
    seen: Option<Algorithm>,
}

impl Untagged {
    /// `file_says`: what the name or a heading of the file says.
    pub(crate) fn new(options: &ImportOptions, file_says: Option<Algorithm>) -> Self {
        Self { said: options.algorithm.or(file_says), mixed: options.mixed_algorithms, seen: None }
    }

    /// Reads a digest and puts it in its place. The inner error rejects the record, the outer ends the import.
    pub(crate) fn read(
        &mut self,
        text: &str,
        position: &Position,
        digests: &mut Digests,
    ) -> Result<Result<(), RejectReason>, ImportError> {
        let digest = match read_hex(text) {
            Ok(Some(digest)) => digest,
            Ok(None) => return Ok(Ok(())),
            Err(reason) => return Ok(Err(reason)),
        };
        let digits = length(digest.len()).saturating_mul(2);
        if let Some(said) = self.contradicted_by(digest.len()) {
            return Err(mixed(position, said, digits));
        }
        let Some(algorithm) = self.by_length(digest.len(), position)? else {
            return Ok(Err(RejectReason::UnknownLength { digits }));
        };
        match self.said.or(self.seen) {
            Some(expected) if expected != algorithm && !self.mixed => {
                Err(mixed(position, expected, digits))
            }
            _ => {
                self.seen = Some(algorithm);
                put(digests, algorithm, &digest);
                Ok(Ok(()))
            }
        }
    }
}

impl Untagged {
    /// Returns the algorithm that the list was said to be of, where a digest of so many bytes contradicts it: a list of two is mixed.
    fn contradicted_by(&self, bytes: usize) -> Option<Algorithm> {
        // Where nobody has said anything, 32 bytes may be of any algorithm.
        self.said.filter(|said| bytes == 32 && !self.mixed && said.length() != 32)
    }

    /// Reads a digest that follows another one in its line and puts it in its place: a row may have one of each algorithm.
    pub(crate) fn read_further(
        &mut self,
        text: &str,
        position: &Position,
        digests: &mut Digests,
    ) -> Result<Result<(), RejectReason>, ImportError> {
        let digest = match read_hex(text) {
            Ok(Some(digest)) => digest,
            Ok(None) => return Ok(Ok(())),
            Err(reason) => return Ok(Err(reason)),
        };
        match self.by_length(digest.len(), position)? {
            Some(algorithm) => put(digests, algorithm, &digest),
            None => {
                let digits = length(digest.len()).saturating_mul(2);
                return Ok(Err(RejectReason::UnknownLength { digits }));
            }
        }
        Ok(Ok(()))
    }

    /// Returns the algorithm of digests of so many bytes; `None` when there is none that is looked up.
    fn by_length(
        &self,
        bytes: usize,
        position: &Position,
    ) -> Result<Option<Algorithm>, ImportError> {
        match (bytes, self.said) {
            (16, _) => Ok(Some(Algorithm::Md5)),
            (20, _) => Ok(Some(Algorithm::Sha1)),
            (32, Some(said)) if said.length() == 32 => Ok(Some(said)),
            (32, _) => Err(ImportError::AlgorithmNotSaid { position: position.clone() }),
            _ => Ok(None),
        }
    }
}

fn mixed(position: &Position, expected: Algorithm, digits: u64) -> ImportError {
    ImportError::MixedAlgorithms { position: position.clone(), expected, digits }
}

/// The algorithm that a file's name says: `SHA256SUMS`, `image.iso.sha256`, `b3sums.txt`.
pub(crate) fn algorithm_of_file_name(name: &str) -> Option<Algorithm> {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let names = [
        ("sha256", Algorithm::Sha256),
        ("blake3", Algorithm::Blake3),
        ("b3sum", Algorithm::Blake3),
        ("md5", Algorithm::Md5),
        ("sha1", Algorithm::Sha1),
    ];
    let mut said =
        names.into_iter().filter(|(key, _)| plain.contains(key)).map(|(_, algorithm)| algorithm);
    let first = said.next()?;
    // A name with two algorithms says neither.
    said.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_reads_what_the_long_way_reads_and_leaves_it_the_rest() {
        let good = "00ff10aB9C5d6e7f8081828384858687";
        for text in [good, &good.to_uppercase(), &good.to_lowercase()] {
            let mut digests = Digests::default();
            assert!(put_plain(&mut digests, Algorithm::Md5, text.as_bytes()));
            assert_eq!(
                digests.get(Algorithm::Md5),
                read_digest(text, Algorithm::Md5).unwrap().as_deref()
            );
        }
        let zeros = "0".repeat(32);
        for other in [
            zeros.as_str(),
            "",
            "n/a",
            &good[1..],
            &good.replace('f', "g"),
            &format!(" {good}"),
            &format!("{good}00"),
        ] {
            let mut digests = Digests::default();
            assert!(!put_plain(&mut digests, Algorithm::Md5, other.as_bytes()), "{other:?}");
            assert!(digests.is_empty());
        }
    }
}
