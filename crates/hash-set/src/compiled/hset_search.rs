//! The search in an `.hset` file: a cell of the prefix index, a few candidates, a row.
//!
//! What a lookup costs is waiting for memory: one read for most digests that are not there, two for one that is. The fewer instructions a lookup takes, the
//! more lookups a processor has on their way at once, so that only what nine of ten hits need is computed; the rest (marks that several digests of a cell
//! share) when the first candidate is another digest. In a batch, three groups are on their way: the cells of one are asked for, then the candidates of the
//! one before, while those of the one before that are compared.

use std::ops::Range;

use byte_source::{index, prefetch};
use case_model::Algorithm;

use super::hset::Row;
use super::hset_header::{CELL_BYTES, key_of, place_of};

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

/// Where a digest stands, if it is in the set and shares its mark with none before it: nine of ten do not.
#[derive(Clone, Copy)]
struct Candidate {
    position: usize,
    cell: usize,
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
        self.compare(all, digest, self.candidate(key_of(digest))?)
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
        let waiting = || Vec::<(usize, &[u8; N], Candidate)>::with_capacity(SIDE_BY_SIDE);
        let (mut coming, mut before, mut asked, mut here) = (group(), group(), waiting(), waiting());
        let mut positions: Vec<(usize, usize)> = Vec::with_capacity(SIDE_BY_SIDE);
        loop {
            coming.extend(digests.by_ref().take(SIDE_BY_SIDE));
            coming.iter().for_each(|(_, digest)| self.ask_for_cell(key_of(*digest)));
            for (number, digest) in before.drain(..) {
                if let Some(candidate) = self.candidate(key_of(digest)) {
                    let record = all.get(candidate.position);
                    record.and_then(|first| first.first()).into_iter().for_each(prefetch);
                    asked.push((number, digest, candidate));
                }
            }
            let compared = here.drain(..).filter_map(|(number, digest, candidate)| {
                Some((number, self.compare(all, digest, candidate)?))
            });
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

    /// Where in the set a digest with this key could stand: so many places into its cell as there are marks below its own. None without its mark.
    #[inline]
    fn candidate(&self, key: u64) -> Option<Candidate> {
        let (cell, mark) = place_of(key, self.prefix_bits);
        let cell = index(cell);
        let (first, marks) = halves(self.cells.get(cell)?);
        let bit = 1_u32.wrapping_shl(mark);
        if marks & bit == 0 {
            return None;
        }
        let before = (marks & bit.wrapping_sub(1)).count_ones();
        Some(Candidate { position: index(u64::from(first).wrapping_add(u64::from(before))), cell })
    }

    /// The position of `wanted`, whose candidate this is.
    #[inline]
    fn compare<const N: usize>(
        &self,
        all: &[[u8; N]],
        wanted: &[u8; N],
        candidate: Candidate,
    ) -> Option<usize> {
        match all.get(candidate.position).is_some_and(|digest| same(digest, wanted)) {
            true => Some(candidate.position),
            false => search(all, wanted, self.others(candidate)?),
        }
    }

    /// The other places of a digest whose candidate is another one. Where a cell has more digests than marks, some share one, and the digest may stand so
    /// much later. A call of its own, so that the many lookups that do not come here do not pay for it.
    #[inline(never)]
    fn others(&self, candidate: Candidate) -> Option<Range<usize>> {
        let [cell, next] = self.cells.get(candidate.cell..)?.first_chunk()?;
        let ((first, marks), (after, _)) = (halves(cell), halves(next));
        let sharing = after.checked_sub(first)?.checked_sub(marks.count_ones())?;
        let start = candidate.position.checked_add(1)?;
        Some(start..start.checked_add(index(u64::from(sharing)))?)
    }
}

/// The digests before a cell, and its marks.
#[inline]
fn halves(cell: &[u8; CELL_BYTES]) -> (u32, u32) {
    let [first, marks] = cell.as_chunks().0 else { return (0, 0) };
    (u32::from_le_bytes(*first), u32::from_le_bytes(*marks))
}

/// The position of `wanted`, which can only stand in `range`.
fn search<const N: usize>(all: &[[u8; N]], wanted: &[u8; N], range: Range<usize>) -> Option<usize> {
    let start = range.start;
    let candidates = all.get(range)?;
    let at = match candidates.len() {
        0..=COMPARED_IN_TURN => candidates.iter().position(|digest| same(digest, wanted)),
        _ => candidates.binary_search(wanted).ok(),
    };
    at?.checked_add(start)
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
