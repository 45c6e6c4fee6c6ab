//! Numbers of a stream as lengths in memory.

/// Returns `number` as a length. Every target of the workspace has 64 bits, so it always fits.
pub(crate) fn widened(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
