//! Zeros whose digests a table has.

use hash_engine::{MessageState, Selection};

/// Returns how many of `zeros` bytes at the start of a stream cost nothing: a table has their digests.
pub(crate) fn free_zeros(selection: Selection, zeros: u64) -> u64 {
    MessageState::of_zeros(selection, zeros).length()
}
