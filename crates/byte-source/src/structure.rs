//! Bounded access to an on-disk structure: the only way hostile bytes are read.

use thiserror::Error;
use words::Term;

use crate::{Expected, Problem, ProblemKind, length};

/// The bytes of one on-disk structure, with its name and place for messages. Every access is checked against its length.
#[derive(Clone, Copy, Debug)]
pub struct Structure<'a> {
    name: &'static str,
    at: u64,
    bytes: &'a [u8],
}

/// An access past the end of a structure.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{structure} at byte {at}: needs {wanted_end} {}, has {available}", words::noun(*wanted_end, "byte", "bytes"))]
pub struct OutOfBounds {
    /// Name of the structure.
    pub structure: &'static str,
    /// Byte offset of the structure in its source.
    pub at: u64,
    /// First byte past the access, counted from the start of the structure.
    pub wanted_end: u64,
    /// Length of the structure in bytes.
    pub available: u64,
}

impl From<OutOfBounds> for Problem {
    fn from(bounds: OutOfBounds) -> Self {
        let OutOfBounds { structure, at, wanted_end, available } = bounds;
        Self::damage(structure, at, ProblemKind::OutOfBounds { wanted_end, available })
    }
}

macro_rules! integers {
    ($($little:ident $big:ident $type:ty),*) => { $(
        #[doc = concat!("The little-endian `", stringify!($type), "` at `offset` bytes from the start of the structure.")]
        /// # Errors
        /// [`OutOfBounds`] when it does not lie wholly inside.
        pub fn $little(&self, offset: usize) -> Result<$type, OutOfBounds> {
            self.array(offset).map(<$type>::from_le_bytes)
        }
        #[doc = concat!("The big-endian `", stringify!($type), "` at `offset` bytes from the start of the structure.")]
        /// # Errors
        /// [`OutOfBounds`] when it does not lie wholly inside.
        pub fn $big(&self, offset: usize) -> Result<$type, OutOfBounds> {
            self.array(offset).map(<$type>::from_be_bytes)
        }
    )* };
}

impl<'a> Structure<'a> {
    /// The structure called `name` (as in its specification) whose bytes begin at byte `at` of its source.
    #[must_use]
    pub fn new(name: &'static str, at: u64, bytes: &'a [u8]) -> Self {
        Self { name, at, bytes }
    }

    /// Name, as in messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Byte offset in the source.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// All bytes.
    #[must_use]
    pub fn all(&self) -> &'a [u8] {
        self.bytes
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// True when there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// `count` bytes from `offset` on.
    ///
    /// # Errors
    /// [`OutOfBounds`] when they do not lie wholly inside.
    pub fn bytes(&self, offset: usize, count: usize) -> Result<&'a [u8], OutOfBounds> {
        offset
            .checked_add(count)
            .and_then(|end| self.bytes.get(offset..end))
            .ok_or_else(|| self.out_of_bounds(offset, count))
    }

    /// All bytes from `offset` to the end.
    ///
    /// # Errors
    /// [`OutOfBounds`] when `offset` is past the end.
    pub fn from(&self, offset: usize) -> Result<&'a [u8], OutOfBounds> {
        self.bytes.get(offset..).ok_or_else(|| self.out_of_bounds(offset, 0))
    }

    /// `N` bytes from `offset` on.
    ///
    /// # Errors
    /// [`OutOfBounds`] when they do not lie wholly inside.
    pub fn array<const N: usize>(&self, offset: usize) -> Result<[u8; N], OutOfBounds> {
        self.bytes
            .get(offset..)
            .and_then(|rest| rest.first_chunk::<N>())
            .copied()
            .ok_or_else(|| self.out_of_bounds(offset, N))
    }

    /// A structure of `count` bytes inside this one, under its own name, its place kept.
    ///
    /// # Errors
    /// [`OutOfBounds`] when it does not lie wholly inside.
    pub fn part(
        &self,
        name: &'static str,
        offset: usize,
        count: usize,
    ) -> Result<Structure<'a>, OutOfBounds> {
        let bytes = self.bytes(offset, count)?;
        Ok(Structure { name, at: self.at.saturating_add(length(offset)), bytes })
    }

    /// The byte at `offset`.
    ///
    /// # Errors
    /// [`OutOfBounds`] when there is none.
    pub fn u8(&self, offset: usize) -> Result<u8, OutOfBounds> {
        self.bytes.get(offset).copied().ok_or_else(|| self.out_of_bounds(offset, 1))
    }

    integers!(u16_le u16_be u16, u32_le u32_be u32, u64_le u64_be u64);

    /// A problem with this structure that costs evidence.
    #[must_use]
    pub fn damage(&self, kind: ProblemKind) -> Problem {
        Problem::damage(self.name, self.at, kind)
    }

    /// Returns the damage of a field whose value the specification does not allow.
    #[must_use]
    pub fn wrong_value(&self, field: &'static str, expected: Expected, found: u64) -> Problem {
        self.damage(ProblemKind::Value { field, expected, found })
    }

    /// Returns the damage of a contradiction; the term says which.
    #[must_use]
    pub fn inconsistent(&self, how: Term) -> Problem {
        self.damage(ProblemKind::Inconsistent(how))
    }

    /// Returns the damage of a stored checksum that is not the computed one; `None` when they are equal.
    #[must_use]
    pub fn wrong_checksum(
        &self,
        field: &'static str,
        stored: impl Into<u64>,
        computed: impl Into<u64>,
    ) -> Option<Problem> {
        let stored = stored.into();
        let computed = computed.into();
        let kind = ProblemKind::Checksum { field, stored, computed };
        (stored != computed).then(|| self.damage(kind))
    }

    fn out_of_bounds(&self, offset: usize, count: usize) -> OutOfBounds {
        OutOfBounds {
            structure: self.name,
            at: self.at,
            wanted_end: length(offset).saturating_add(length(count)),
            available: length(self.bytes.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_access_is_bounded_and_the_message_names_the_place() {
        let structure = Structure::new("MFT record", 4096, &[1, 2, 3, 4, 5]);
        assert_eq!(structure.u32_le(1), Ok(0x0504_0302));
        assert_eq!(structure.u16_be(0), Ok(0x0102));
        assert!(structure.bytes(usize::MAX, 2).is_err());
        let error = structure.u32_le(2).unwrap_err();
        assert_eq!(error.to_string(), "MFT record at byte 4096: needs 6 bytes, has 5");
    }
}
