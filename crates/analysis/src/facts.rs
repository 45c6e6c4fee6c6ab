//! What is known of a stream besides its bytes.

use case_model::NameEncoding;
use filesystem::{Allocation, StreamKind};

/// What is known of a stream when its first byte comes.
///
/// A name is not among it: when the bytes pass by, the directories that hold the names may lie further on. Names come at the end, with
/// [`NamedStream`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamFacts {
    /// Size in bytes: so many bytes come, unreadable ones included.
    pub size: u64,
    /// The record that the stream belongs to. `None` unless an analyser asks for it ([`crate::Analyser::tells_records_apart`]).
    pub record: Option<RecordFacts>,
}

impl StreamFacts {
    /// Returns the facts of a stream of which nothing but the size matters.
    #[must_use]
    pub fn of_size(size: u64) -> Self {
        Self { size, record: None }
    }
}

/// What the record says of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordFacts {
    /// Which stream of the record.
    pub kind: StreamKind,
    /// Whether the record is in use.
    pub state: Allocation,
    /// True when the layout was reconstructed, and the bytes may be those of another file.
    pub is_assumed: bool,
}

/// A stream with its names: known when its row is made, after all its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedStream<'n> {
    /// Size in bytes.
    pub size: u64,
    /// What the record says.
    pub record: RecordFacts,
    /// Raw name of the file, without its directory; empty when it has none.
    pub name: &'n [u8],
    /// How to read the name.
    pub encoding: NameEncoding,
    /// The name for people; a short name of FAT is stored in another form than it is read.
    pub readable: &'n str,
    /// Raw name of an alternate stream; empty for the main one.
    pub stream_name: &'n [u8],
}
