//! Blocks of MD5, SHA-1 and SHA-256, and the padding of a message.

/// Bytes of a block of MD5, SHA-1 and SHA-256 alike.
pub(crate) const BLOCK_BYTES: usize = 64;
/// Where the message's length is in the last block.
pub(crate) const LENGTH_AT: usize = BLOCK_BYTES - 8;

/// A block of bytes.
pub(crate) type Block = [u8; BLOCK_BYTES];

/// `tail`, the bit 1, and zeros up to the end of a block with room for the length, which the caller writes; and the number of blocks.
pub(crate) fn padded(tail: &[u8]) -> ([[u8; BLOCK_BYTES]; 2], usize) {
    let mut blocks = [[0; BLOCK_BYTES]; 2];
    let bytes = blocks.as_flattened_mut();
    bytes[..tail.len()].copy_from_slice(tail);
    bytes[tail.len()] = 0x80;
    let count = if tail.len() < LENGTH_AT { 1 } else { 2 };
    (blocks, count)
}
