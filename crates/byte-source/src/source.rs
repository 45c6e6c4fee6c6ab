//! The contract of everything that bytes are read from.

use std::fmt;
use std::ops::{ControlFlow, Range};

use words::{Statement, Term, term};

use crate::Scratch;

/// Takes the pieces of a range, in order. `Break` ends the visit.
pub type Visitor<'v> = dyn FnMut(Piece<'_>) -> ControlFlow<()> + 'v;

/// A read-only run of bytes with a known length: a medium, a volume, a logical volume.
///
/// Sources are shared by all workers; what a worker needs for itself (decoded units, decompressors) lives in its [`Scratch`].
pub trait Source: Send + Sync {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// True when there are no bytes at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of it that are stored: fewer than its length where it has holes.
    fn stored_len(&self) -> u64 {
        self.len()
    }

    /// Bytes that are decoded or read as one unit (an EWF chunk, a qcow2 cluster, a block of `pread`); 1 when bytes lie in memory.
    fn grain(&self) -> u32 {
        1
    }

    /// The bytes of `range` without a copy; `None` when the source is not in memory or the range is not wholly inside it.
    fn slice(&self, range: Range<u64>) -> Option<&[u8]> {
        let _ = range;
        None
    }

    /// Says that `range` will be read soon: a mapped file asks the system to fetch it. Changes nothing else.
    fn prefetch(&self, range: Range<u64>) {
        let _ = range;
    }

    /// Says that `range` will not be read soon: a mapped file gives the memory of its pages back. Reading it later is slower, not wrong.
    fn release(&self, range: Range<u64>) {
        let _ = range;
    }

    /// Hands over `range` in order and without gaps. The lengths of the pieces add up to the length of the range, always:
    /// what lies past the end of the source comes as [`Piece::Bad`] with [`BadReason::BeyondEnd`].
    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()>;
}

/// A part of a visited range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Bytes as they are on the medium.
    Data {
        /// The bytes; never empty.
        bytes: &'a [u8],
        /// Byte offset of the first one on the medium (the outermost source), `u64::MAX` where bytes were decoded and have none.
        at: u64,
    },
    /// So many bytes read as zero without being stored.
    Zero(u64),
    /// So many bytes could not be read.
    Bad(u64, BadReason),
}

impl Piece<'_> {
    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        match *self {
            Self::Data { bytes, .. } => crate::length(bytes.len()),
            Self::Zero(length) | Self::Bad(length, _) => length,
        }
    }

    /// True for a piece of no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Why bytes could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BadReason {
    /// The range reaches past the end of the source.
    BeyondEnd,
    /// A stored checksum does not fit the bytes of a unit (an EWF chunk, say).
    Checksum {
        /// What the unit is called, as in "EWF chunk".
        unit: &'static str,
        /// Its number, from 0.
        number: u64,
    },
    /// The operating system could not read the evidence file.
    Io {
        /// `errno`.
        os_error: i32,
    },
    /// The layout of a stream ends before its size.
    LayoutEnds,
    /// A segment file of the image is not there.
    MissingSegment {
        /// Its number as the format counts, from 1.
        number: u32,
    },
    /// The bytes are there but closed to us (encrypted, unsupported coding); the term says how.
    Opaque(Term),
    /// A coded unit cannot be decoded.
    Undecodable {
        /// What the unit is called, as in "LZNT1 unit".
        unit: &'static str,
        /// Its number, from 0.
        number: u64,
    },
}

impl BadReason {
    /// Returns the reason with its values, as the index stores it.
    #[must_use]
    pub fn statement(self) -> Statement {
        match self {
            Self::BeyondEnd => term!("bad.beyond-end").into(),
            Self::Checksum { unit, number } => term!("bad.checksum").with(unit).with(number),
            Self::Io { os_error } => term!("bad.io").with(os_error.unsigned_abs()),
            Self::LayoutEnds => term!("bad.layout-ends").into(),
            Self::MissingSegment { number } => term!("bad.missing-segment").with(number),
            Self::Opaque(how) => how.into(),
            Self::Undecodable { unit, number } => term!("bad.undecodable").with(unit).with(number),
        }
    }
}

impl fmt::Display for BadReason {
    /// Writes the English sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.statement())
    }
}
