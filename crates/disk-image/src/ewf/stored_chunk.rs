//! How the chunks of both versions are stored.

use byte_source::{Scratch, Source};
use codec::Codec;

/// How a chunk is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Plain bytes and their Adler-32.
    Plain,
    /// Plain bytes without a checksum.
    Unchecked,
    /// A stream that ends before the next chunk begins.
    Coded(Codec),
    /// Eight bytes that fill the chunk, again and again.
    Fill,
}

/// Where a chunk is stored in its segment file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Byte offset of its first byte.
    pub(crate) at: u64,
    /// Byte offset of its end at the latest.
    pub(crate) end: u64,
    /// How it is stored.
    pub(crate) form: Form,
}

/// A table that says where consecutive chunks are stored.
pub(crate) trait Table: Send + Sync {
    /// How many.
    fn count(&self) -> u64;

    /// Where chunk `number` of the table, from 0, is stored in the segment file `source`; `None` when the entry is unreadable or cannot be
    /// right.
    fn stored(&self, source: &dyn Source, number: u64, scratch: &mut Scratch) -> Option<Stored>;
}
