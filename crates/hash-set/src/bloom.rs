//! Bloom filters as CIRCL publishes them (DCSO format): for ranking only.
//!
//! A filter says "probably listed". At one in ten thousand false answers, five million files make five hundred that nobody would ever look
//! at: nothing may be excluded by it, so it never gives a hit.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use byte_source::{MappedFile, OutOfBounds, Source, Structure};
use case_model::{Algorithm, to_hex};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use words::noun;

/// Length of the header in bytes.
const HEADER_BYTES: u64 = 48;
/// Version in the low byte of the flags.
const VERSION: u64 = 1;
/// Most probes of one key; at one in a million there are 20.
const MOST_PROBES: u64 = 128;
/// Largest prime below 2^64, and the generator (DCSO bloom).
const MODULUS: u64 = 18_446_744_073_709_551_557;
const GENERATOR: u64 = 18_446_744_073_709_550_147;

/// A Bloom filter. All integers little-endian.
///
/// ```text
/// 0 8 flags, low byte 1    8 8 n, capacity    16 8 p (f64)    24 8 k, probes    32 8 m, bits    40 8 N, entered
/// 48  ceil(m / 64) x 8  bits    then: data of the publisher's, not read
/// ```
pub struct BloomRanking {
    map: MappedFile,
    probes: u64,
    bits: u64,
    entered: u64,
    false_positives: f64,
}

/// How the keys of a filter are written: hexadecimal digits of digests by one algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RankingKey {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// In upper case.
    pub upper_case: bool,
}

/// As CIRCL publishes filters.
impl Default for RankingKey {
    fn default() -> Self {
        Self { algorithm: Algorithm::Sha1, upper_case: true }
    }
}

impl RankingKey {
    /// Reads `sha1-upper` or `sha256` and their kin; `None` for anything else.
    #[must_use]
    pub fn from_key(text: &str) -> Option<Self> {
        let lower = text.strip_suffix("-upper");
        let algorithm = Algorithm::from_key(lower.unwrap_or(text))?;
        Some(Self { algorithm, upper_case: lower.is_some() })
    }
}

impl fmt::Display for RankingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.algorithm.key())?;
        f.write_str(if self.upper_case { "-upper" } else { "" })
    }
}

impl From<RankingKey> for String {
    fn from(key: RankingKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for RankingKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::from_key(&text).ok_or_else(|| format!("no key of a filter: {text:?}"))
    }
}

/// Why a filter cannot be used.
#[derive(Debug, Error)]
pub enum BloomError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A field of the header has a value that no filter has.
    #[error("{}: no Bloom filter of DCSO's format: byte {at}: {field} is {found}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// Name of the field.
        field: &'static str,
        /// Byte offset.
        at: u64,
        /// What is there.
        found: u64,
    },
    /// The share of false answers is none: not between 0 and 1.
    #[error("{}: no Bloom filter of DCSO's format: byte 16: share of false answers is {found}", path.display())]
    Share {
        /// The file.
        path: PathBuf,
        /// What is there.
        found: f64,
    },
    /// The file is shorter than its header says.
    #[error("{}: cut off: {found} {}, by its header there should be {expected}", path.display(), noun(*found, "byte", "bytes"))]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes by its header.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
}

/// The header of a filter, as stored.
struct Header {
    flags: u64,
    false_positives: f64,
    probes: u64,
    bits: u64,
    entered: u64,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, OutOfBounds> {
        let header = Structure::new("Bloom filter", 0, bytes);
        Ok(Self {
            flags: header.u64_le(0)?,
            false_positives: f64::from_bits(header.u64_le(16)?),
            probes: header.u64_le(24)?,
            bits: header.u64_le(32)?,
            entered: header.u64_le(40)?,
        })
    }

    /// Refuses values that no filter has.
    fn check(&self, path: &Path) -> Result<(), BloomError> {
        let field = |field, at, found| {
            Err(BloomError::Field { path: path.to_path_buf(), field, at, found })
        };
        if self.flags & 0xff != VERSION {
            return field("version", 0, self.flags & 0xff);
        }
        if !(1..=MOST_PROBES).contains(&self.probes) {
            return field("number of probes", 24, self.probes);
        }
        if self.bits == 0 {
            return field("number of bits", 32, self.bits);
        }
        // What is no number could not be written into the description, either.
        if !(self.false_positives > 0.0 && self.false_positives < 1.0) {
            return Err(BloomError::Share {
                path: path.to_path_buf(),
                found: self.false_positives,
            });
        }
        Ok(())
    }
}

impl BloomRanking {
    /// Opens a filter.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn open(path: &Path) -> Result<Self, BloomError> {
        let read = |source| BloomError::Read { path: path.to_path_buf(), source };
        let map = File::open(path).and_then(|file| MappedFile::for_lookup(&file)).map_err(read)?;
        let found = map.len();
        let truncated =
            |expected| BloomError::Truncated { path: path.to_path_buf(), expected, found };
        let header = map.slice(0..HEADER_BYTES).ok_or_else(|| truncated(HEADER_BYTES))?;
        let header = Header::read(header).map_err(|_| truncated(HEADER_BYTES))?;
        header.check(path)?;
        let Header { probes, bits, entered, false_positives, .. } = header;
        let expected = bits.div_ceil(64).saturating_mul(8).saturating_add(HEADER_BYTES);
        if found < expected {
            return Err(truncated(expected));
        }
        Ok(Self { map, probes, bits, entered, false_positives })
    }

    /// Does a file look like a filter, by its header? Only then is it worth saying what is wrong with it.
    #[must_use]
    pub fn is_recognised(path: &Path) -> bool {
        let mut head = [0; 48];
        let read = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
            && File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok();
        let header = Structure::new("Bloom filter", 0, &head);
        let field = |at| header.u64_le(at).unwrap_or(0);
        let planned = f64::from_bits(field(16));
        read && field(0) == VERSION
            && field(8) > 0
            && planned > 0.0
            && planned < 1.0
            && (1..=MOST_PROBES).contains(&field(24))
            && field(32) > 0
    }

    /// Is a file with this digest *probably* listed? `key` says how its keys are written.
    #[must_use]
    pub fn may_list(&self, key: RankingKey, digest: &[u8]) -> bool {
        let text = to_hex(digest);
        match key.upper_case {
            true => self.may_contain(text.to_ascii_uppercase().as_bytes()),
            false => self.may_contain(text.as_bytes()),
        }
    }

    /// May the key have been entered? False is certain, true is not.
    #[must_use]
    pub fn may_contain(&self, key: &[u8]) -> bool {
        let mut hash = fnv_1(key).checked_rem(MODULUS).unwrap_or(0);
        (0..self.probes).all(|_| {
            // The product wraps at 2^64 first, then the remainder is taken: so does the publisher's program.
            hash = hash.wrapping_mul(GENERATOR).checked_rem(MODULUS).unwrap_or(0);
            self.bit(hash.checked_rem(self.bits).unwrap_or(0))
        })
    }

    /// Number of keys that were entered.
    #[must_use]
    pub fn entered(&self) -> u64 {
        self.entered
    }

    /// Share of false answers it was made for.
    #[must_use]
    pub fn false_positives(&self) -> f64 {
        self.false_positives
    }

    /// Share of false answers that its bits give: that all probes of a key that was not entered meet bits that are set.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "a share: what lies beyond 53 bits does not show")]
    pub fn false_positives_by_its_bits(&self) -> f64 {
        let bytes = self.bits.div_ceil(64).saturating_mul(8);
        let words =
            self.map.slice(HEADER_BYTES..HEADER_BYTES.saturating_add(bytes)).unwrap_or_default();
        let set =
            words.iter().map(|byte| u64::from(byte.count_ones())).fold(0, u64::saturating_add);
        (set as f64 / self.bits as f64).powf(self.probes as f64)
    }

    fn bit(&self, number: u64) -> bool {
        let at = HEADER_BYTES.saturating_add(number >> 3);
        let byte =
            self.map.slice(at..at.saturating_add(1)).and_then(|bytes| bytes.first().copied());
        byte.is_some_and(|byte| byte >> (number & 7) & 1 == 1)
    }
}

/// FNV-1, 64 bits: multiply, then exclusive or.
fn fnv_1(key: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    key.iter().fold(OFFSET, |hash, &byte| hash.wrapping_mul(PRIME) ^ u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with flor, DCSO's own Python program: 12 keys at 0.001, entered: SHA-1 of `abc`, `abd`, `abe` in upper case.
    const SMALL: &str = "01000000000000000c00000000000000fca9f1d24d62503f0a00000000000000ac0000000000000003000000000000000110000018120008080764415030c40c0214010400000000";

    fn opened(bytes: &[u8]) -> Result<BloomRanking, BloomError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.bloom");
        std::fs::write(&path, bytes).unwrap();
        BloomRanking::open(&path)
    }

    #[test]
    fn a_filter_by_the_format_s_own_program_lists_what_was_entered() {
        let filter = opened(&case_model::from_hex(SMALL).unwrap()).unwrap();
        assert_eq!(filter.entered(), 3);
        assert!((filter.false_positives() - 0.001).abs() < 1e-9);
        // sha1sum of abc, abd, abe; of 0 to 9
        for listed in [
            "A9993E364706816ABA3E25717850C26C9CD0D89D",
            "CB4CC28DF0FDBE0ECF9D9662E294B118092A5735",
            "C9A2A5540DCFC3EBAD99E723223675D3F15EDC54",
        ] {
            assert!(filter.may_contain(listed.as_bytes()), "{listed}");
        }
        let sha1 = case_model::from_hex("a9993e364706816aba3e25717850c26c9cd0d89d").unwrap();
        assert!(filter.may_list(RankingKey::default(), &sha1));
        assert!(!filter.may_list(RankingKey::from_key("sha1").unwrap(), &sha1));
        // 172 bits, 10 probes, at most 30 of them set.
        assert!(filter.false_positives_by_its_bits() < (30.0_f64 / 172.0).powi(10) * 1.01);
        assert_eq!(
            (0..1000).filter(|n: &i32| filter.may_contain(n.to_string().as_bytes())).count(),
            0
        );
    }

    #[test]
    fn what_is_no_filter_is_refused_with_the_field() {
        let good = case_model::from_hex(SMALL).unwrap();
        let error = |at: usize, value: &[u8]| {
            let mut bytes = good.clone();
            bytes[at..at + value.len()].copy_from_slice(value);
            opened(&bytes).err().unwrap().to_string()
        };
        assert!(error(0, &[2]).ends_with("byte 0: version is 2"));
        assert!(
            error(24, &u64::MAX.to_le_bytes())
                .ends_with("byte 24: number of probes is 18446744073709551615")
        );
        assert!(error(32, &[0; 8]).ends_with("byte 32: number of bits is 0"));
        assert!(
            error(16, &f64::NAN.to_le_bytes()).ends_with("byte 16: share of false answers is NaN")
        );
        assert!(
            error(16, &1.0_f64.to_le_bytes()).ends_with("byte 16: share of false answers is 1")
        );
        assert!(error(32, &u64::MAX.to_le_bytes()).contains("cut off: "));
        assert!(opened(&good[..40]).err().unwrap().to_string().contains("cut off: 40 bytes"));
    }
}
