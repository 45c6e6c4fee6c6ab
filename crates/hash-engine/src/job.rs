//! What lanes are given: a message and its next bytes.

use crate::MessageState;

/// One message and the bytes that come next in it.
#[derive(Debug)]
pub struct Job<'a> {
    /// What is advanced.
    pub state: &'a mut MessageState,
    /// The next bytes, in order; any lengths, also none.
    pub segments: &'a [&'a [u8]],
}
