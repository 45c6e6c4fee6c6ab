//! Which digests to compute.

/// Which digests to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Selection {
    /// MD5.
    pub md5: bool,
    /// SHA-1.
    pub sha1: bool,
    /// SHA-256.
    pub sha256: bool,
    /// BLAKE3.
    pub blake3: bool,
}

impl Selection {
    /// MD5, SHA-1 and SHA-256: what hash sets are keyed by. For files.
    pub const FILES: Self = Self { md5: true, sha1: true, sha256: true, blake3: false };
    /// SHA-256 and BLAKE3. For media, together with what their container stores.
    pub const MEDIUM: Self = Self { md5: false, sha1: false, sha256: true, blake3: true };

    /// Every digest that a case can have.
    pub const ALL: Self = Self { md5: true, sha1: true, sha256: true, blake3: true };
    /// Nothing.
    pub(crate) const NONE: Self = Self { md5: false, sha1: false, sha256: false, blake3: false };

    /// MD5 if it is selected: its padding ends in a little-endian length.
    pub(crate) const fn only_md5(self) -> Self {
        Self { md5: self.md5, sha1: false, sha256: false, blake3: false }
    }

    /// SHA-1 and SHA-256 if they are selected: their padding ends in a big-endian length.
    pub(crate) const fn only_sha(self) -> Self {
        Self { md5: false, sha1: self.sha1, sha256: self.sha256, blake3: false }
    }

    /// MD5, SHA-1 and SHA-256, those that are selected.
    pub(crate) const fn without_blake3(self) -> Self {
        Self { md5: self.md5, sha1: self.sha1, sha256: self.sha256, blake3: false }
    }

    /// What either selects.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            md5: self.md5 || other.md5,
            sha1: self.sha1 || other.sha1,
            sha256: self.sha256 || other.sha256,
            blake3: self.blake3 || other.blake3,
        }
    }

    /// Nothing is selected.
    pub(crate) const fn is_empty(self) -> bool {
        !(self.md5 || self.sha1 || self.sha256 || self.blake3)
    }
}
