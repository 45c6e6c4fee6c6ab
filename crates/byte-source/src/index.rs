//! Conversions between byte offsets (`u64`) and indices into memory (`usize`), lossless on 64-bit targets.

const _: () =
    assert!(usize::BITS == 64, "athar reads media larger than 4 GiB: 64-bit targets only");

/// A byte offset or length as an index into memory.
#[must_use]
#[expect(clippy::as_conversions, reason = "lossless: usize has 64 bits, asserted above")]
pub const fn index(offset: u64) -> usize {
    offset as usize
}

/// The length of something in memory as a byte count.
#[must_use]
#[expect(clippy::as_conversions, reason = "lossless: usize has 64 bits, asserted above")]
pub const fn length(len: usize) -> u64 {
    len as u64
}
