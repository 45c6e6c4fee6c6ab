//! The search in an `.hset` file: a cell of the prefix index, a few candidates, a row.
//!
//! What a lookup costs is waiting for memory: one read for most digests that are not there, two for one that is. In a batch, three
//! groups are on their way: the cells of one are asked for, then the candidates of the one before, while those of the one before that are compared.

use std::ops::Range;

use byte_source::{index, prefetch};
use case_model::Algorithm;

use super::hset::Row;
use super::hset_header::{CELL_BYTES, bit_of, key_of, place_of};

/// Digests of a group: their memory is asked for together, more than a processor fetches at once.
const SIDE_BY_SIDE: usize = 32;
/// Candidates that are compared one after the other; more come only where digests are not spread as digests are.
const COMPARED_IN_TURN: usize = 8;

/// The parts of an open file.
#[derive(Clone, Copy)]
pub(crate) struct HsetSearch<'h> {
    digests: Digests<'h>,
    cells: &'h [[u8; CELL_BYTES]],
    rows: &'h [[u8; 4]],
    prefix_bits: u32,
}

/// Takes a group of pairs: number in what was asked, position in the set.
type Found<'f> = dyn FnMut(&[(usize, usize)]) + 'f;

/// Sorted digests by their length.
#[derive(Clone, Copy)]
enum Digests<'h> {
    Of16(&'h [[u8; 16]]),
    Of20(&'h [[u8; 20]]),
    Of32(&'h [[u8; 32]]),
}

impl<'h> HsetSearch<'h> {
    pub(super) fn new(
        digests: &'h [u8],
        cells: &'h [u8],
        rows: &'h [u8],
        algorithm: Algorithm,
        prefix_bits: u32,
    ) -> Self {
        let digests = match algorithm {
            Algorithm::Md5 => Digests::Of16(digests.as_chunks().0),
            Algorithm::Sha1 => Digests::Of20(digests.as_chunks().0),
            Algorithm::Sha256 | Algorithm::Blake3 => Digests::Of32(digests.as_chunks().0),
        };
        Self { digests, cells: cells.as_chunks().0, rows: rows.as_chunks().0, prefix_bits }
    }

    /// The number of `digest` among those of the set. Nine of ten that are not there are told by their cell alone.
    #[inline]
    pub(crate) fn position(&self, digest: &[u8]) -> Option<usize> {
        match self.digests {
            Digests::Of16(all) => self.position_in(all, digest.try_into().ok()?),
            Digests::Of20(all) => self.position_in(all, digest.try_into().ok()?),
            Digests::Of32(all) => self.position_in(all, digest.try_into().ok()?),
        }
    }

    /// Hands over, in groups, the numbers (in `digests`) and the positions (in the set) of those that are in the set.
    pub(crate) fn positions<'d>(&self, digests: impl Iterator<Item = &'d [u8]>, found: &mut Found<'_>) {
        match self.digests {
            Digests::Of16(all) => self.positions_in(all, digests, found),
            Digests::Of20(all) => self.positions_in(all, digests, found),
            Digests::Of32(all) => self.positions_in(all, digests, found),
        }
    }

    /// Where the details of the digest at `position` are.
    #[inline]
    pub(super) fn row(&self, position: usize) -> Option<Row> {
        self.rows.get(position).map(|row| Row::decode(u32::from_le_bytes(*row)))
    }

    /// Asks for the rows of a group.
    pub(super) fn touch_rows(&self, group: &[(usize, usize)]) {
        group.iter().filter_map(|&(_, position)| self.rows.get(position)?.first()).for_each(prefetch);
    }

    #[inline]
    fn position_in<const N: usize>(&self, all: &[[u8; N]], digest: &[u8; N]) -> Option<usize> {
        search(all, digest, self.candidates(key_of(digest))?)
    }

    fn positions_in<'d, const N: usize>(
        &self,
        all: &[[u8; N]],
        digests: impl Iterator<Item = &'d [u8]>,
        found: &mut Found<'_>,
    ) {
        // A digest of another length is in no set: its number is passed over.
        let mut digests = digests
            .enumerate()
            .filter_map(|(number, digest)| Some((number, <&[u8; N]>::try_from(digest).ok()?)))
            .fuse();
        let group = || Vec::<(usize, &[u8; N])>::with_capacity(SIDE_BY_SIDE);
        let waiting = || Vec::<(usize, &[u8; N], Range<usize>)>::with_capacity(SIDE_BY_SIDE);
        let (mut coming, mut before, mut asked, mut here) = (group(), group(), waiting(), waiting());
        let mut positions: Vec<(usize, usize)> = Vec::with_capacity(SIDE_BY_SIDE);
        loop {
            coming.extend(digests.by_ref().take(SIDE_BY_SIDE));
            coming.iter().for_each(|(_, digest)| self.ask_for_cell(key_of(*digest)));
            for (number, digest) in before.drain(..) {
                if let Some(range) = self.candidates(key_of(digest)) {
                    all.get(range.start).and_then(|first| first.first()).into_iter().for_each(prefetch);
                    asked.push((number, digest, range));
                }
            }
            let compared = here
                .drain(..)
                .filter_map(|(number, digest, range)| Some((number, search(all, digest, range)?)));
            positions.extend(compared);
            found(&positions);
            positions.clear();
            if coming.is_empty() && asked.is_empty() {
                return;
            }
            std::mem::swap(&mut coming, &mut before);
            std::mem::swap(&mut asked, &mut here);
        }
    }

    /// Asks for the cell of a digest with this key.
    #[inline]
    fn ask_for_cell(&self, key: u64) {
        let (cell, _) = place_of(key, self.prefix_bits);
        self.cells.get(index(cell)).and_then(|cell| cell.first()).into_iter().for_each(prefetch);
    }

    /// Where in the set a digest with this key could stand: one place in nine of ten cells. The marks below that of the key tell how many digests
    /// of the cell stand before it at least; where the cell has more digests than marks, some share one, and it may stand so much later.
    #[inline]
    fn candidates(&self, key: u64) -> Option<Range<usize>> {
        let (at, mark) = place_of(key, self.prefix_bits);
        let [cell, next] = *self.cells.get(index(at)..)?.first_chunk()?;
        let (cell, bit) = (u64::from_le_bytes(cell), bit_of(mark));
        if cell & bit == 0 {
            return None;
        }
        let (first, after) = (low_half(cell), low_half(u64::from_le_bytes(next)));
        let marks = cell ^ u64::from(first);
        let before = (marks & bit.wrapping_sub(1)).count_ones();
        let sharing = after.checked_sub(first)?.checked_sub(marks.count_ones())?;
        let start = u64::from(first).wrapping_add(u64::from(before));
        Some(index(start)..index(start.wrapping_add(u64::from(sharing)).wrapping_add(1)))
    }
}

#[inline]
fn low_half(cell: u64) -> u32 {
    u32::try_from(cell & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

/// The position of `wanted`, which can only stand in `range`.
#[inline]
fn search<const N: usize>(all: &[[u8; N]], wanted: &[u8; N], range: Range<usize>) -> Option<usize> {
    let start = range.start;
    match all.get(range)? {
        [one] => same(one, wanted).then_some(start),
        several => search_several(several, wanted)?.checked_add(start),
    }
}

/// The place of `wanted` among several candidates: one digest in ten comes here. A call of its own, so that the others do not pay for it.
#[inline(never)]
fn search_several<const N: usize>(candidates: &[[u8; N]], wanted: &[u8; N]) -> Option<usize> {
    match candidates.len() {
        0..=COMPARED_IN_TURN => candidates.iter().position(|digest| same(digest, wanted)),
        _ => candidates.binary_search(wanted).ok(),
    }
}

/// Are the digests the same? Without a call, and without a branch on each part.
#[inline]
fn same<const N: usize>(one: &[u8; N], other: &[u8; N]) -> bool {
    let ((one, end), (other, other_end)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let differs = |one: &[u8; 8], other: &[u8; 8]| u64::from_ne_bytes(*one) ^ u64::from_ne_bytes(*other);
    let words = one.iter().zip(other).fold(0, |sum, (one, other)| sum | differs(one, other));
    // SHA-1 has four bytes more.
    let bytes = end.iter().zip(other_end).fold(0, |sum, (one, other)| sum | (one ^ other));
    words | u64::from(bytes) == 0
}
