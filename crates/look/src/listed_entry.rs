//! An entry of a listing.

use case_model::{NameEncoding, Times};
use evidence::Locator;
use filesystem::{Allocation, Owner, RecordKind, StreamKind};

/// A name of a stream, or of an object without streams.
#[derive(Clone, Debug)]
pub struct ListedEntry {
    /// Where it is.
    pub locator: Locator,
    /// Full readable path; of a named stream `path:name`.
    pub path: String,
    /// The name's raw bytes and their encoding; empty for the root and for records without a name.
    pub name: (Vec<u8>, NameEncoding),
    /// Is this name in use, and its record?
    pub allocation: Allocation,
    /// No directory leads to it.
    pub orphan: bool,
    /// A deleted name whose record is gone, or in use for another file: what it named is unknown.
    pub name_alone: bool,
    /// A further name (hard link, or short name) of a record that is listed by its first one.
    pub further_name: bool,
    /// What it is.
    pub kind: RecordKind,
    /// True for the file system's own structures.
    pub metadata: bool,
    /// Which stream; `None` for objects without.
    pub stream: Option<StreamKind>,
    /// Size of the stream in bytes.
    pub size: u64,
    /// Times of the record; for a name alone those that the name keeps.
    pub times: Times,
    /// POSIX mode bits.
    pub mode: Option<u32>,
    /// Numeric owner.
    pub owner: Option<Owner>,
    /// The attribute word as on disk.
    pub attributes: u32,
    /// Readable target of a link.
    pub target: Option<String>,
    /// Byte offset of the record (of the name, for a name alone) on the medium.
    pub at: u64,
}
