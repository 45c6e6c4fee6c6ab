//! Digests found in hash sets.

use std::fmt;

use crate::Algorithm;

/// What a set says about the files it lists. Ordered: the display shows the gravest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HitDisposition {
    /// Seen before, provenance known. Not "good".
    Known,
    /// Listed without a judgement.
    NoChange,
    /// Known with a code nobody has mapped: a person must look.
    NeedsReview,
    /// Of interest.
    Notable,
    /// Grave: restricted view.
    Alert,
}

impl HitDisposition {
    /// All, gravest first.
    pub const ALL: [Self; 5] =
        [Self::Alert, Self::Notable, Self::NeedsReview, Self::NoChange, Self::Known];

    /// The word in exports and columns.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::NoChange => "no-change",
            Self::NeedsReview => "needs-review",
            Self::Notable => "notable",
            Self::Alert => "alert",
        }
    }

    /// The disposition called `key`.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|disposition| disposition.key() == key)
    }
}

impl fmt::Display for HitDisposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// How firmly a digest agrees with a set's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HitClass {
    /// All digests of the entry agree, and its size where it has one.
    Full,
    /// One digest agrees, another differs: possible collision.
    PartialDigests,
    /// The digest agrees, the size does not: an alarm.
    SizeDiffers,
}

impl HitClass {
    /// All.
    pub const ALL: [Self; 3] = [Self::Full, Self::PartialDigests, Self::SizeDiffers];

    /// Returns the class called `key`.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.key() == key)
    }

    /// The word in exports and columns.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::PartialDigests => "partial-digests",
            Self::SizeDiffers => "size-differs",
        }
    }
}

/// One digest of one stream found in one set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hit {
    /// Identity of the set: SHA-256 over its content.
    pub set_digest: [u8; 32],
    /// Name of the set.
    pub set_name: String,
    /// Version of the set, empty when it has none.
    pub set_version: String,
    /// The algorithm of the digest that was found.
    pub algorithm: Algorithm,
    /// The digest that was found.
    pub digest: Vec<u8>,
    /// What the set says.
    pub disposition: HitDisposition,
    /// How firmly it agrees.
    pub class: HitClass,
    /// What the set calls the file, empty when it does not say.
    pub label: String,
}
