//! Whether the extents of a stream are its bytes.

/// Says whether the extents of a stream, read in their order with zeros for holes and cut at its size, are its content.
///
/// Only exact extents can be hashed by another program to the same digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exactness {
    /// They are the content, byte for byte.
    Exact,
    /// They are the content in its stored, compressed form.
    Coded,
    /// Some of the content has no known place on the medium: the layout is damaged, or leaves the volume.
    Incomplete,
}

impl Exactness {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Exact, Self::Coded, Self::Incomplete];

    /// Returns the word in exports.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Coded => "coded",
            Self::Incomplete => "incomplete",
        }
    }

    /// Returns the number in the index. A number never changes its meaning.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Exact => 0,
            Self::Coded => 1,
            Self::Incomplete => 2,
        }
    }

    /// Returns the exactness with this [`Self::code`], `None` when a newer program wrote it.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|exactness| exactness.code() == code)
    }

    /// Returns why the extents are not the content; `None` when they are.
    #[must_use]
    pub const fn why_not(self) -> Option<&'static str> {
        match self {
            Self::Exact => None,
            Self::Coded => Some("the extents hold the content in its compressed form"),
            Self::Incomplete => Some("the place of some bytes is unknown or outside the volume"),
        }
    }
}
