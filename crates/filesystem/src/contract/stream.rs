//! A stream: named content with a layout on the volume.

use words::Term;

/// Content of a record: its data, an alternate stream, a compressed original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Which stream.
    pub kind: StreamKind,
    /// Raw name of an alternate stream (UTF-16LE on NTFS), empty for the main one.
    pub name: Vec<u8>,
    /// Size in bytes: what a program reading the file sees.
    pub size: u64,
    /// Bytes from here on read as zero whatever lies in the layout (NTFS initialised size, exFAT valid data length);
    /// equal to `size` where the file system does not know such a thing.
    pub valid: u64,
    /// Where the bytes are.
    pub layout: Layout,
    /// How the layout is known.
    pub confidence: Confidence,
}

/// Which stream of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// The content; path without a suffix.
    Data,
    /// An alternate stream; `path:name`.
    Alternate,
    /// The content as stored, where [`StreamKind::Data`] shows it decoded (`WofCompressedData`); `path:name`.
    Stored,
    /// Bytes between the end of the data and the end of its last allocation unit.
    Slack,
}

/// How a layout is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The file system records it.
    Recorded,
    /// It was reconstructed; the word says by which assumption ("contiguity").
    Assumed(Term),
}

/// Where the bytes of a stream are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// In the record itself.
    Inline {
        /// The bytes; as many as the stream's `size`, or fewer when the record is damaged.
        bytes: Vec<u8>,
        /// Where they are in the volume, in their order; together as long as `bytes`. Several runs where a record keeps
        /// some of its bytes elsewhere (the update sequence of NTFS, extended attributes of ext).
        runs: Vec<Run>,
    },
    /// In runs; their lengths add up to `size` or more (up to the end of the last allocation unit), or fewer when damaged.
    Runs(Vec<Run>),
    /// In runs that must be decoded.
    Coded(Coded),
    /// There, but closed to us; the word says how ("encrypted by EFS").
    Encrypted(Term),
    /// There, but in a form that this version cannot decode; the word says which.
    Unsupported(Term),
    /// The layout is lost (a deleted inode whose block pointers were cleared): only the size is known.
    Lost(Term),
}

/// Consecutive bytes of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Length in bytes; never 0.
    pub length: u64,
    /// Where they are.
    pub place: Place,
}

/// Where the bytes of a run are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At this byte offset of the volume.
    At(u64),
    /// Nowhere: zeros (a sparse run).
    Hole,
    /// Space is allocated at this byte offset of the volume but was never written: zeros.
    Unwritten(u64),
    /// Nobody knows: the mapping that would say so (an indirect block, an extent leaf) is damaged. The bytes are missing; what
    /// follows keeps its place in the stream.
    Unknown,
}

/// Runs that must be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coded {
    /// How.
    pub codec: Codec,
    /// Bytes of decoded data in one unit: an NTFS compression unit, a WOF chunk.
    pub unit_bytes: u32,
    /// Size of the coded data in bytes, where it differs from the space of the runs (WOF).
    pub coded_bytes: u64,
    /// The coded data.
    pub runs: Vec<Run>,
}

/// How runs are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names of the codecs")]
pub enum Codec {
    Lznt1,
    WofXpress4k,
    WofXpress8k,
    WofXpress16k,
    WofLzx,
}
