//! What became of an object of the evidence.

use std::fmt;

/// What became of a stream (or of an object without one). Every object ends in exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disposition {
    /// Every byte was read and hashed.
    Hashed,
    /// A stream of no bytes.
    Empty,
    /// Some ranges could not be read; the digests are of what was read, with zeros in their place, and match nothing.
    Partial,
    /// No byte could be read.
    Unreadable,
    /// Encrypted: the content as people saw it cannot be hashed.
    Encrypted,
    /// Recognised, but this version cannot read it.
    Unsupported,
    /// Left out by a named rule (a directory has no content of its own; a hole of terabytes holds no evidence).
    Skipped,
}

impl Disposition {
    /// All, in the order in which a summary shows them.
    pub const ALL: [Self; 7] = [
        Self::Hashed,
        Self::Empty,
        Self::Partial,
        Self::Unreadable,
        Self::Encrypted,
        Self::Unsupported,
        Self::Skipped,
    ];

    /// The word in exports and columns.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Hashed => "hashed",
            Self::Empty => "empty",
            Self::Partial => "partial",
            Self::Unreadable => "unreadable",
            Self::Encrypted => "encrypted",
            Self::Unsupported => "unsupported",
            Self::Skipped => "skipped",
        }
    }

    /// The disposition called `key`.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|disposition| disposition.key() == key)
    }

    /// Returns true when evidence is missing from the index because of it: the scan ends *incomplete*. Encrypted content is missing, too,
    /// whether a file or a whole volume is encrypted: nobody has looked at it in the clear.
    #[must_use]
    pub const fn is_loss(self) -> bool {
        matches!(self, Self::Partial | Self::Unreadable | Self::Encrypted | Self::Unsupported)
    }
}

impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}
