//! The search in an `.hset` file: a cell of the prefix index, a few candidates, a row.
//!
//! What a lookup costs is waiting for memory: one read for most digests that are not there, two for one that is. A batch takes each step for a
//! whole group before the next, so that nothing is decided by a value while others are not on their way yet.

use std::ops::Range;

use case_model::Algorithm;

use super::hset::Row;
use super::hset_header::{CELL_BYTES, key_of, mark_of, prefix_of};

/// Digests whose memory is fetched together: more than a processor waits for at once.
const SIDE_BY_SIDE: usize = 64;
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

    /// Fetches the rows of a group.
    pub(super) fn touch_rows(&self, group: &[(usize, usize)]) {
        fetch(group.iter().filter_map(|&(_, position)| self.rows.get(position)?.first()));
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
        let mut group: Vec<(usize, &[u8; N])> = Vec::with_capacity(SIDE_BY_SIDE);
        let mut waiting: Vec<(usize, &[u8; N], Range<usize>)> = Vec::with_capacity(SIDE_BY_SIDE);
        let mut positions: Vec<(usize, usize)> = Vec::with_capacity(SIDE_BY_SIDE);
        loop {
            group.clear();
            group.extend(digests.by_ref().take(SIDE_BY_SIDE));
            if group.is_empty() {
                return;
            }
            fetch(group.iter().filter_map(|(_, digest)| self.cells.get(self.cell(key_of(*digest)))?.first()));
            waiting.clear();
            waiting.extend(
                group
                    .iter()
                    .filter_map(|&(number, digest)| Some((number, digest, self.candidates(key_of(digest))?))),
            );
            fetch(waiting.iter().filter_map(|(_, _, range)| all.get(range.start)?.first()));
            positions.clear();
            positions.extend(
                waiting
                    .drain(..)
                    .filter_map(|(number, digest, range)| Some((number, search(all, digest, range)?))),
            );
            found(&positions);
        }
    }

    /// The number of the cell of a digest with this key.
    #[inline]
    fn cell(&self, key: u64) -> usize {
        usize::try_from(prefix_of(key, self.prefix_bits)).unwrap_or(usize::MAX)
    }

    /// Where in the set a digest with this key could stand: one place in nine of ten cells. The marks below that of the key tell how many digests
    /// of the cell stand before it at least; where the cell has more digests than marks, some share one, and it may stand so much later.
    #[inline]
    fn candidates(&self, key: u64) -> Option<Range<usize>> {
        let at = self.cell(key);
        let [cell, next] = *self.cells.get(at..)?.first_chunk()?;
        let (cell, next) = (u64::from_le_bytes(cell), u64::from_le_bytes(next));
        let mark = mark_of(key, self.prefix_bits);
        if cell & mark == 0 {
            return None;
        }
        let (first, after) = (low_half(cell), low_half(next));
        let marks = cell ^ u64::from(first);
        let before = (marks & mark.wrapping_sub(1)).count_ones();
        let sharing = after.checked_sub(first)?.checked_sub(marks.count_ones())?;
        let start = first.checked_add(before)?;
        let end = start.checked_add(sharing)?.checked_add(1)?;
        Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
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
    let candidates = all.get(range)?;
    let found = match candidates.len() {
        0..=COMPARED_IN_TURN => candidates.iter().position(|digest| same(digest, wanted)),
        _ => candidates.binary_search(wanted).ok(),
    };
    found?.checked_add(start)
}

/// Are the digests the same? Without a call, and without a branch on each byte.
#[inline]
fn same<const N: usize>(one: &[u8; N], other: &[u8; N]) -> bool {
    one.iter().zip(other).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
}

/// Reads the places, which fetches them: nothing waits for their values.
#[inline]
fn fetch<'b>(places: impl Iterator<Item = &'b u8>) {
    std::hint::black_box(places.fold(0, |sum, byte| sum ^ byte));
}
