//! Marks of a collision attack on SHA-1, found in one of the two files.
//!
//! Counter-cryptanalysis (M. Stevens, CRYPTO 2013): all known attacks give a block and its sibling
//! one of few differences. The difference decides the working state of the sibling at one step, so
//! the sibling is computed from that state: an attack is found where both end in the same state.
//! Unavoidable bit conditions (M. Stevens and D. Shumow, USENIX Security 2017) exclude nearly all
//! differences of an ordinary block before that is done.

mod compression;
mod conditions;
mod relations;
mod sibling;
mod vectors;

use self::compression::{Block, INITIAL_STATE, State};
use self::conditions::possible_vectors;
use self::vectors::VECTORS;

/// Bytes of a block of SHA-1.
const BLOCK_BYTES: usize = 64;
/// Bytes of a block before the message's length, which the last block ends with.
const LENGTH_AT: usize = 56;

/// Looks for marks of a collision attack on SHA-1 in one message.
#[derive(Clone, Debug)]
pub struct CollisionDetector {
    state: State,
    /// Bytes so far, modulo 2^64 as FIPS 180-4 has it.
    length: u64,
    /// The `length % 64` bytes of the incomplete block, and zeros.
    buffer: [u8; BLOCK_BYTES],
    is_found: bool,
}

impl Default for CollisionDetector {
    fn default() -> Self {
        Self { state: INITIAL_STATE, length: 0, buffer: [0; BLOCK_BYTES], is_found: false }
    }
}

impl CollisionDetector {
    /// Takes the next bytes of the message.
    pub fn update(&mut self, bytes: &[u8]) {
        let filled = (self.length % BLOCK_BYTES as u64) as usize;
        self.length = self.length.wrapping_add(bytes.len() as u64);
        let missing = (BLOCK_BYTES - filled).min(bytes.len());
        let (head, rest) = bytes.split_at(missing);
        self.buffer[filled..filled + missing].copy_from_slice(head);
        if filled + missing < BLOCK_BYTES {
            return;
        }
        self.take_block(&self.buffer.clone());
        let (blocks, tail) = rest.as_chunks();
        blocks.iter().for_each(|block| self.take_block(block));
        self.buffer = [0; BLOCK_BYTES];
        self.buffer[..tail.len()].copy_from_slice(tail);
    }

    /// Returns whether a block of the message belongs to a colliding pair.
    #[must_use]
    pub fn finish(mut self) -> bool {
        let bits = self.length.wrapping_mul(8);
        self.update(&[0x80]);
        let filled = (self.length % BLOCK_BYTES as u64) as usize;
        if filled > LENGTH_AT {
            self.update(&[0; BLOCK_BYTES][filled..]);
        }
        self.buffer[LENGTH_AT..].copy_from_slice(&bits.to_be_bytes());
        self.take_block(&self.buffer.clone());
        self.is_found
    }

    fn take_block(&mut self, bytes: &[u8; BLOCK_BYTES]) {
        // One block decides, and none after it takes that back.
        if self.is_found {
            return;
        }
        let block = Block::compress(self.state, bytes);
        self.state = block.after;
        let mut possible = possible_vectors(&block.words);
        while possible != 0 {
            let vector = &VECTORS[possible.trailing_zeros() as usize];
            self.is_found |= block.sibling_ends_alike(vector);
            possible &= possible - 1;
        }
    }
}

#[cfg(test)]
mod tests;
