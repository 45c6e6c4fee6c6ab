//! The header of an `.hset` file.

use byte_source::{OutOfBounds, Structure, length};
use case_model::{Algorithm, to_hex};
use thiserror::Error;
use words::noun;

/// First bytes of the file; the version follows.
const MAGIC: [u8; 7] = *b"HSET\0\0\0";
/// Length of the header; the digests begin on a page.
pub(super) const HEADER_BYTES: usize = 4096;
/// Length of a cell of the prefix index.
pub(super) const CELL_BYTES: usize = 8;
/// Length of a row.
pub(super) const ROW_BYTES: usize = 4;
/// Most prefix bits: an index of 512 MiB; beyond 2^30 digests its buckets grow instead.
const MOST_PREFIX_BITS: u32 = 26;
/// Most digests: row numbers have 31 bits.
pub(super) const MOST_DIGESTS: u64 = (1 << 31) - 1;

/// A version of the file: version 3 is written, both are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Digests first, rows at the end: a hit reads three distant places.
    Two,
    /// Each row behind its digest: a hit reads two.
    Three,
}

impl Version {
    const ALL: [Self; 2] = [Self::Two, Self::Three];

    /// As stored.
    fn number(self) -> u8 {
        match self {
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}

/// The header. All integers little-endian.
///
/// ```text
///  0   7  magic "HSET\0\0\0"        7   1  version, 3
///  8   4  digest length L in bytes 12   4  algorithm: 1 MD5, 2 SHA-1, 3 SHA-256, 4 BLAKE3
/// 16   8  n, number of digests     24   4  k, bits of the prefix index  28   4  flags, 0
/// 32  16  first half of the set's content digest                       48  32  SHA-256 of everything from 4096 to the end
/// 4096        n x (L + 4)   records, sorted by digest as bytes, each digest once:
///                           L  digest
///                           4  row in details.db; with the high bit set: several rows, see its table `shared`
/// then        (2^k + 1) x 8 prefix index: low half the number of digests whose first k bits are less than the cell's number; high half
///                           a bit for each value of the next five bits that a digest of the cell has
/// ```
///
/// In version 2 the rows (n x 4) stand behind the prefix index, and the digests (n x L) without them:
///
/// ```text
/// 4096        n x L         digests        then  (2^k + 1) x 8  prefix index        then  n x 4  rows
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HsetHeader {
    pub(super) version: Version,
    pub(super) algorithm: Algorithm,
    pub(super) digests: u64,
    pub(super) prefix_bits: u32,
    pub(super) set: [u8; 16],
    pub(super) data_digest: [u8; 32],
}

/// What is wrong with an `.hset` file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum HsetFault {
    /// The file is shorter than its header.
    #[error(transparent)]
    Short(#[from] OutOfBounds),
    /// The first eight bytes are another file's, or another version's.
    #[error("byte 0: magic is {found:02x?}, expected {MAGIC:02x?} and then version 02 or 03")]
    Magic {
        /// What is there.
        found: [u8; 8],
    },
    /// A field of the header has an impossible value.
    #[error("byte {at}: {field} is {found}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// Byte offset in the file.
        at: u64,
        /// What is there.
        found: u64,
    },
    /// The file does not have the length that its header asks for.
    #[error("the file has {found} {}, its header asks for {expected}", noun(*found, "byte", "bytes"))]
    Length {
        /// Bytes by the header.
        expected: u64,
        /// Bytes of the file.
        found: u64,
    },
    /// The data is not what was compiled.
    #[error("SHA-256 of the data from byte 4096 on is {found}, the header says {expected}")]
    Digest {
        /// As in the header.
        expected: String,
        /// Of the data.
        found: String,
    },
}

fn version(header: &Structure<'_>) -> Result<Version, HsetFault> {
    let found: [u8; 8] = header.array(0)?;
    let version =
        Version::ALL.into_iter().find(|one| found.strip_prefix(&MAGIC) == Some(&[one.number()]));
    version.ok_or(HsetFault::Magic { found })
}

/// Returns the algorithm, which the length of digests must fit.
fn algorithm(header: &Structure<'_>) -> Result<Algorithm, HsetFault> {
    let field = |field, at, found| HsetFault::Field { field, at, found };
    let code = header.u32_le(12)?;
    let algorithm = Algorithm::ALL.into_iter().find(|&one| algorithm_code(one) == code);
    let algorithm = algorithm.ok_or_else(|| field("algorithm", 12, u64::from(code)))?;
    let digest_length = u64::from(header.u32_le(8)?);
    if digest_length != length(algorithm.length()) {
        return Err(field("digest length", 8, digest_length));
    }
    Ok(algorithm)
}

impl HsetHeader {
    /// The header of a file whose digest is not known yet.
    pub(super) fn unfinished(algorithm: Algorithm, digests: u64, set: &[u8; 32]) -> Self {
        Self {
            version: Version::Three,
            algorithm,
            digests,
            prefix_bits: Self::prefix_bits_for(digests),
            set: *set.first_chunk().unwrap_or(&[0; 16]),
            data_digest: [0; 32],
        }
    }

    /// Bits of the prefix index for `digests` digests: two to four digests a cell.
    pub(super) fn prefix_bits_for(digests: u64) -> u32 {
        digests.checked_ilog2().unwrap_or(0).saturating_sub(1).min(MOST_PREFIX_BITS)
    }

    /// Number of prefix index cells.
    pub(super) fn index_cells(&self) -> u64 {
        1_u64.checked_shl(self.prefix_bits).unwrap_or(0).saturating_add(1)
    }

    /// Length of a record in bytes.
    pub(super) fn record_bytes(&self) -> usize {
        let row = match self.version {
            Version::Two => 0,
            Version::Three => ROW_BYTES,
        };
        self.algorithm.length().saturating_add(row)
    }

    /// Number of rows that stand apart from their digests.
    pub(super) fn rows_apart(&self) -> u64 {
        match self.version {
            Version::Two => self.digests,
            Version::Three => 0,
        }
    }

    /// Byte offset of the prefix index.
    pub(super) fn index_at(&self) -> u64 {
        length(HEADER_BYTES)
            .saturating_add(self.digests.saturating_mul(length(self.record_bytes())))
    }

    /// Byte offset of what follows the prefix index: the rows that stand apart.
    pub(super) fn rows_at(&self) -> u64 {
        self.index_at().saturating_add(self.index_cells().saturating_mul(length(CELL_BYTES)))
    }

    /// Length of the file in bytes.
    pub(super) fn file_bytes(&self) -> u64 {
        self.rows_at().saturating_add(self.rows_apart().saturating_mul(length(ROW_BYTES)))
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let digest_length = u32::try_from(self.algorithm.length()).unwrap_or(0);
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.push(self.version.number());
        bytes.extend_from_slice(&digest_length.to_le_bytes());
        bytes.extend_from_slice(&algorithm_code(self.algorithm).to_le_bytes());
        bytes.extend_from_slice(&self.digests.to_le_bytes());
        bytes.extend_from_slice(&self.prefix_bits.to_le_bytes());
        bytes.extend_from_slice(&0_u32.to_le_bytes());
        bytes.extend_from_slice(&self.set);
        bytes.extend_from_slice(&self.data_digest);
        bytes.resize(HEADER_BYTES, 0);
        bytes
    }

    /// Compares the digest of the data with that of the header.
    pub(super) fn compare(&self, found: [u8; 32]) -> Result<(), HsetFault> {
        match found == self.data_digest {
            true => Ok(()),
            false => Err(HsetFault::Digest {
                expected: to_hex(&self.data_digest),
                found: to_hex(&found),
            }),
        }
    }

    /// Reads and checks the header of a file of `file_bytes` bytes.
    pub(super) fn decode(bytes: &[u8], file_bytes: u64) -> Result<Self, HsetFault> {
        let header = Structure::new("hset header", 0, bytes);
        header.bytes(0, HEADER_BYTES)?;
        let version = version(&header)?;
        let algorithm = algorithm(&header)?;
        let field = |field, at, found| HsetFault::Field { field, at, found };
        let digests = header.u64_le(16)?;
        if digests > MOST_DIGESTS {
            return Err(field("number of digests", 16, digests));
        }
        let prefix_bits = header.u32_le(24)?;
        if prefix_bits != Self::prefix_bits_for(digests) {
            return Err(field("prefix bits", 24, u64::from(prefix_bits)));
        }
        let flags = header.u32_le(28)?;
        if flags != 0 {
            return Err(field("flags", 28, u64::from(flags)));
        }
        let set = header.array(32)?;
        let data_digest = header.array(48)?;
        let this = Self { version, algorithm, digests, prefix_bits, set, data_digest };
        match this.file_bytes() == file_bytes {
            true => Ok(this),
            false => Err(HsetFault::Length { expected: this.file_bytes(), found: file_bytes }),
        }
    }
}

/// The algorithm's number in the header.
fn algorithm_code(algorithm: Algorithm) -> u32 {
    match algorithm {
        Algorithm::Md5 => 1,
        Algorithm::Sha1 => 2,
        Algorithm::Sha256 => 3,
        Algorithm::Blake3 => 4,
    }
}

/// The first eight bytes of a digest as a number; no digest is shorter.
#[inline]
pub(super) fn key_of(digest: &[u8]) -> u64 {
    digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

/// The cell of a key, and the number of its mark in there: its first `prefix_bits` bits, and the five behind them.
#[inline]
pub(super) fn place_of(key: u64, prefix_bits: u32) -> (u64, u32) {
    // At most 26 bits (`MOST_PREFIX_BITS`): the shift is from 33 to 59.
    let both = key.wrapping_shr(59_u32.wrapping_sub(prefix_bits));
    (both >> 5, u32::try_from(both & 31).unwrap_or(0))
}

/// The bit that stands in a cell for its mark of this number: one of the high half.
#[inline]
pub(super) fn bit_of(mark: u32) -> u64 {
    1_u64.rotate_left(32).rotate_left(mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(version: Version, algorithm: Algorithm) -> HsetHeader {
        let set = [7; 16];
        let data_digest = [9; 32];
        HsetHeader { version, algorithm, digests: 1000, prefix_bits: 8, set, data_digest }
    }

    #[test]
    fn a_header_comes_back_and_every_wrong_field_is_named() {
        let header = header(Version::Three, Algorithm::Sha1);
        let bytes = header.encode();
        assert_eq!(bytes[..8], *b"HSET\0\0\0\x03");
        assert_eq!(HsetHeader::decode(&bytes, header.file_bytes()), Ok(header.clone()));
        assert_eq!(header.file_bytes(), 4096 + 24_000 + 257 * 8);
        let decode = |at: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = byte;
            HsetHeader::decode(&bytes, header.file_bytes()).unwrap_err().to_string()
        };
        for version in [0, 1, 4, 255] {
            let expected = format!(
                "byte 0: magic is [48, 53, 45, 54, 00, 00, 00, {version:02x}], \
                 expected [48, 53, 45, 54, 00, 00, 00] and then version 02 or 03"
            );
            assert_eq!(decode(7, version), expected);
        }
        assert!(decode(0, b'h').starts_with("byte 0: magic is [68, 53, 45, 54, 00, 00, 00, 03]"));
        assert_eq!(decode(8, 21), "byte 8: digest length is 21");
        assert_eq!(decode(12, 9), "byte 12: algorithm is 9");
        assert_eq!(decode(24, 7), "byte 24: prefix bits is 7");
        assert_eq!(decode(28, 1), "byte 28: flags is 1");
        assert_eq!(decode(16, 0xe9), "the file has 30152 bytes, its header asks for 30176");
        assert!(HsetHeader::decode(&bytes[..100], 100).is_err());
    }

    #[test]
    fn a_file_of_version_2_is_laid_out_as_it_was() {
        let header = header(Version::Two, Algorithm::Sha256);
        assert_eq!(header.encode()[..8], *b"HSET\0\0\0\x02");
        assert_eq!((header.index_at(), header.rows_at()), (4096 + 32_000, 4096 + 32_000 + 257 * 8));
        assert_eq!(header.file_bytes(), 4096 + 32_000 + 257 * 8 + 4000);
        assert_eq!(HsetHeader::decode(&header.encode(), header.file_bytes()), Ok(header));
    }
}
