//! Ranges that could not be read.

use serde::{Deserialize, Serialize};

/// A range of a medium or of a stream that could not be read; digests have zeros in its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UnreadableRange {
    /// First byte.
    pub offset: u64,
    /// Length in bytes.
    pub length: u64,
    /// Why, as the reader says it.
    pub why: String,
}
