//! The chaining values of MD5, SHA-1 and SHA-256 of one message.

use case_model::Digests;

use crate::Selection;
#[cfg(target_arch = "x86_64")]
use crate::simd::ShaExtensions;

/// Bytes of a block of MD5, SHA-1 and SHA-256 alike.
pub(crate) const BLOCK_BYTES: usize = 64;
/// Blocks that all digests take in turn while they are in the first-level cache: 16 KiB.
const STRIDE_BLOCKS: usize = 256;
/// Where the length stands in the last block.
pub(crate) const LENGTH_AT: usize = BLOCK_BYTES - 8;

/// Chaining values after whole blocks. Those of digests that are not selected stay initial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Midstates {
    /// A, B, C, D.
    pub(crate) md5: [u32; 4],
    /// H0 to H4.
    pub(crate) sha1: [u32; 5],
    /// H0 to H7.
    pub(crate) sha256: [u32; 8],
}

impl Midstates {
    /// RFC 1321 section 3.3; FIPS 180-4 sections 5.3.1 and 5.3.3.
    pub(crate) const INITIAL: Self = Self {
        md5: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476],
        sha1: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0],
        sha256: [
            0x6a09_e667,
            0xbb67_ae85,
            0x3c6e_f372,
            0xa54f_f53a,
            0x510e_527f,
            0x9b05_688c,
            0x1f83_d9ab,
            0x5be0_cd19,
        ],
    };

    /// Takes whole blocks, one after the other.
    pub(crate) fn compress(&mut self, selection: Selection, blocks: &[[u8; BLOCK_BYTES]]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(extensions) = ShaExtensions::detect() {
            return extensions.compress(selection, self, blocks);
        }
        self.compress_by_crates(selection, blocks);
    }

    /// Takes whole blocks, one after the other, by the crates, which use the processor's SHA extensions.
    pub(crate) fn compress_by_crates(&mut self, selection: Selection, blocks: &[[u8; BLOCK_BYTES]]) {
        for part in blocks.chunks(STRIDE_BLOCKS) {
            if selection.md5 {
                md5::block_api::compress(&mut self.md5, part);
            }
            if selection.sha1 {
                sha1::block_api::compress(&mut self.sha1, part);
            }
            if selection.sha256 {
                sha2::block_api::compress256(&mut self.sha256, part);
            }
        }
    }

    /// Takes the padding of a message of `length` bytes whose incomplete last block is `tail`.
    pub(crate) fn pad(&mut self, selection: Selection, tail: &[u8], length: u64) {
        let (mut padding, count) = padded(tail);
        padding[count - 1][LENGTH_AT..].copy_from_slice(&length.wrapping_mul(8).to_le_bytes());
        self.compress_padding(selection, &padding[..count]);
    }

    /// Takes blocks of padding. The last one ends in the message's length in bits, little-endian, as MD5 has it; SHA-1 and SHA-256 take it
    /// big-endian.
    pub(crate) fn compress_padding(&mut self, selection: Selection, padding: &[[u8; BLOCK_BYTES]]) {
        self.compress(selection.only_md5(), padding);
        if let Some((last, before)) = padding.split_last() {
            let mut last = *last;
            last[LENGTH_AT..].reverse();
            self.compress(selection.only_sha(), before);
            self.compress(selection.only_sha(), &[last]);
        }
    }

    /// The digests after the padding.
    pub(crate) fn digests(&self, selection: Selection) -> Digests {
        Digests {
            md5: selection.md5.then(|| digest_of(&self.md5, u32::to_le_bytes)),
            sha1: selection.sha1.then(|| digest_of(&self.sha1, u32::to_be_bytes)),
            sha256: selection.sha256.then(|| digest_of(&self.sha256, u32::to_be_bytes)),
            blake3: None,
        }
    }
}

/// `tail`, the bit 1, and zeros up to the end of a block with room for the length, which the caller writes; and the number of blocks.
pub(crate) fn padded(tail: &[u8]) -> ([[u8; BLOCK_BYTES]; 2], usize) {
    let mut blocks = [[0; BLOCK_BYTES]; 2];
    let bytes = blocks.as_flattened_mut();
    bytes[..tail.len()].copy_from_slice(tail);
    bytes[tail.len()] = 0x80;
    let count = if tail.len() < LENGTH_AT { 1 } else { 2 };
    (blocks, count)
}

/// The words in the byte order of the digest.
fn digest_of<const N: usize>(words: &[u32], bytes_of: impl Fn(u32) -> [u8; 4]) -> [u8; N] {
    let mut digest = [0; N];
    for (to, word) in digest.chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&bytes_of(*word));
    }
    digest
}
