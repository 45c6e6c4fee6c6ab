//! The records of an `.hset` file: digests, sorted, with the row behind each (version 3) or alone (version 2).

use std::cmp::Ordering;
use std::ops::Range;

use byte_source::prefetch;

use super::hset_header::ROW_BYTES;

/// What a processor fetches from memory at once, in bytes.
const CACHE_LINE_BYTES: usize = 64;
/// Candidates that are compared one after the other; more come only where digests are not spread as digests are.
const COMPARED_IN_TURN: usize = 8;

/// Records of `S` bytes that begin with a digest of `N` bytes.
#[derive(Clone, Copy)]
pub(super) struct HsetRecords<'h, const N: usize, const S: usize>(&'h [[u8; S]]);

impl<'h, const N: usize, const S: usize> HsetRecords<'h, N, S> {
    pub(super) fn new(bytes: &'h [u8]) -> Self {
        Self(bytes.as_chunks().0)
    }

    /// Is the digest at `position` this one?
    #[inline]
    pub(super) fn is_at(&self, position: usize, wanted: &[u8; N]) -> bool {
        self.0.get(position).is_some_and(|record| is_of(record, wanted))
    }

    /// The position of `wanted`, which can only stand in `range`.
    pub(super) fn find(&self, range: Range<usize>, wanted: &[u8; N]) -> Option<usize> {
        let start = range.start;
        let candidates = self.0.get(range)?;
        let at = match candidates.len() {
            0..=COMPARED_IN_TURN => candidates.iter().position(|record| is_of(record, wanted)),
            _ => candidates.binary_search_by(|record| order(record, wanted)).ok(),
        };
        at?.checked_add(start)
    }

    /// The row in the record at `position`, as stored; none where rows stand apart.
    #[inline]
    pub(super) fn row(&self, position: usize) -> Option<[u8; ROW_BYTES]> {
        self.0.get(position)?.get(N..)?.first_chunk().copied()
    }

    /// Asks for the record at `position`: all of it, where it may lie in two cache lines.
    #[inline]
    pub(super) fn ask_for(&self, position: usize) {
        let Some(record) = self.0.get(position) else { return };
        record.first().into_iter().for_each(prefetch);
        if !CACHE_LINE_BYTES.is_multiple_of(S) {
            record.last().into_iter().for_each(prefetch);
        }
    }
}

#[inline]
fn order<const N: usize, const S: usize>(record: &[u8; S], wanted: &[u8; N]) -> Ordering {
    record.first_chunk().map_or(Ordering::Less, |digest: &[u8; N]| digest.cmp(wanted))
}

/// Is this the digest of the record? Without a call, and without a branch on each part.
#[inline]
fn is_of<const N: usize, const S: usize>(record: &[u8; S], wanted: &[u8; N]) -> bool {
    record.first_chunk::<N>().is_some_and(|digest| same(digest, wanted))
}

#[inline]
fn same<const N: usize>(one: &[u8; N], other: &[u8; N]) -> bool {
    let (one, end) = one.as_chunks::<8>();
    let (other, other_end) = other.as_chunks::<8>();
    let differs =
        |one: &[u8; 8], other: &[u8; 8]| u64::from_ne_bytes(*one) ^ u64::from_ne_bytes(*other);
    let words = one.iter().zip(other).fold(0, |sum, (one, other)| sum | differs(one, other));
    // SHA-1 has four bytes more.
    let bytes = end.iter().zip(other_end).fold(0, |sum, (one, other)| sum | (one ^ other));
    words | u64::from(bytes) == 0
}
