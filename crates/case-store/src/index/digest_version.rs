//! Versions of the canonical digest.

/// How the rows of an image take part in the digest: each image has the version by which it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DigestVersion {
    /// Rules, problems and reasons as English sentences: images of a layout before 4.
    Sentences,
    /// Rules, problems and reasons as kinds with values; by what a file system was recognised takes no part.
    Kinds,
}

impl DigestVersion {
    /// The version by which this program writes.
    pub const NEWEST: Self = Self::Kinds;

    /// Returns the number in the index and in messages.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Sentences => 2,
            Self::Kinds => 3,
        }
    }

    /// Returns the version with this number; the newest for one that the schema does not allow.
    pub(super) fn from_number(number: u8) -> Self {
        if number == Self::Sentences.number() { Self::Sentences } else { Self::NEWEST }
    }

    /// First bytes of what is hashed for a case.
    pub(super) const fn case_domain(self) -> &'static [u8] {
        match self {
            Self::Sentences => b"athar-index/v2\0",
            Self::Kinds => b"athar-index/v3\0",
        }
    }

    /// First bytes of what is hashed for an image.
    pub(super) const fn image_domain(self) -> &'static [u8] {
        match self {
            Self::Sentences => b"",
            Self::Kinds => b"athar-image/v3\0",
        }
    }

    /// What takes the place of `{reason}` in [`SECTIONS`](super::digest_sections::SECTIONS).
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Sentences => "f.reason, ",
            Self::Kinds => "",
        }
    }
}
