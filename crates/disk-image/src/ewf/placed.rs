//! Where the chunks of a medium are: tables, and what lies between them.

use byte_source::BadReason;

/// A table and the number of its first chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed<T> {
    pub(crate) first: u64,
    pub(crate) file: usize,
    pub(crate) table: T,
}

/// Chunks that no table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) first: u64,
    pub(crate) end: u64,
    pub(crate) reason: BadReason,
}
