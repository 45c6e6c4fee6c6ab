//! The compression functions of one message, whole blocks at a time.

use crate::Selection;
use crate::block::{Block, LENGTH_AT, padded};
use crate::midstates::Midstates;
#[cfg(target_arch = "x86_64")]
use crate::simd::ShaExtensions;

/// Blocks that all digests take in turn while they are in the first-level cache: 16 KiB.
const STRIDE_BLOCKS: usize = 256;

impl Midstates {
    /// Takes whole blocks, one after the other.
    pub(crate) fn compress(&mut self, selection: Selection, blocks: &[Block]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(extensions) = ShaExtensions::detect() {
            return extensions.compress(selection, self, blocks);
        }
        self.compress_by_crates(selection, blocks);
    }

    /// Takes whole blocks, one after the other, by the crates, which use the processor's SHA extensions.
    pub(crate) fn compress_by_crates(&mut self, selection: Selection, blocks: &[Block]) {
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
    pub(crate) fn compress_padding(&mut self, selection: Selection, padding: &[Block]) {
        self.compress(selection.only_md5(), padding);
        if let Some((last, before)) = padding.split_last() {
            let mut last = *last;
            last[LENGTH_AT..].reverse();
            self.compress(selection.only_sha(), before);
            self.compress(selection.only_sha(), &[last]);
        }
    }
}
