//! The search in an `.hset` file: a cell of the prefix index, a record or few, a row.
//!
//! What a lookup costs is waiting for memory: one read for most digests that are not there, two for one that is. The fewer instructions a lookup takes, the
//! more lookups a processor has on their way at once, so that only what nine of ten hits need is computed; the rest (marks that several digests of a cell
//! share) when the first candidate is another digest. In a batch, three groups are on their way: the cells of one are asked for, then the candidates of the
//! one before, while those of the one before that are compared.

use std::ops::Range;

use byte_source::{index, prefetch};
use case_model::Algorithm;

use super::hset_header::{CELL_BYTES, ROW_BYTES, Version, key_of, place_of};
use super::hset_records::HsetRecords;
use super::row::Row;

/// Digests of a group: their memory is asked for together, more than a processor fetches at once.
const SIDE_BY_SIDE: usize = 32;

/// The parts of an open file.
#[derive(Clone, Copy)]
pub(crate) struct HsetSearch<'h> {
    records: Records<'h>,
    cells: &'h [[u8; CELL_BYTES]],
    /// Of version 2; else none.
    rows: &'h [[u8; ROW_BYTES]],
    prefix_bits: u32,
}

/// Takes a group of pairs: number in what was asked, position in the set.
type Found<'f> = dyn FnMut(&[(usize, usize)]) + 'f;

/// Records by the length of their digests, and whether rows are in them.
#[derive(Clone, Copy)]
enum Records<'h> {
    Of16(HsetRecords<'h, 16, 20>),
    Of20(HsetRecords<'h, 20, 24>),
    Of32(HsetRecords<'h, 32, 36>),
    Of16Alone(HsetRecords<'h, 16, 16>),
    Of20Alone(HsetRecords<'h, 20, 20>),
    Of32Alone(HsetRecords<'h, 32, 32>),
}

/// The same for records of every kind.
macro_rules! with_records {
    ($records:expr, $all:ident => $result:expr) => {
        match $records {
            Records::Of16($all) => $result,
            Records::Of20($all) => $result,
            Records::Of32($all) => $result,
            Records::Of16Alone($all) => $result,
            Records::Of20Alone($all) => $result,
            Records::Of32Alone($all) => $result,
        }
    };
}

/// Where a digest stands, if it is in the set and shares its mark with none before it: nine of ten do not.
#[derive(Clone, Copy)]
struct Candidate {
    position: usize,
    cell: usize,
}

impl<'h> HsetSearch<'h> {
    pub(super) fn new(
        (version, algorithm): (Version, Algorithm),
        records: &'h [u8],
        cells: &'h [u8],
        rows: &'h [u8],
        prefix_bits: u32,
    ) -> Self {
        use Algorithm::{Blake3, Md5, Sha1, Sha256};
        let records = match (version, algorithm) {
            (Version::Three, Md5) => Records::Of16(HsetRecords::new(records)),
            (Version::Three, Sha1) => Records::Of20(HsetRecords::new(records)),
            (Version::Three, Sha256 | Blake3) => Records::Of32(HsetRecords::new(records)),
            (Version::Two, Md5) => Records::Of16Alone(HsetRecords::new(records)),
            (Version::Two, Sha1) => Records::Of20Alone(HsetRecords::new(records)),
            (Version::Two, Sha256 | Blake3) => Records::Of32Alone(HsetRecords::new(records)),
        };
        Self { records, cells: cells.as_chunks().0, rows: rows.as_chunks().0, prefix_bits }
    }

    /// The number of `digest` among those of the set. Nine of ten that are not there are told by their cell alone.
    #[inline]
    pub(crate) fn position(&self, digest: &[u8]) -> Option<usize> {
        with_records!(self.records, all => self.position_in(all, digest.try_into().ok()?))
    }

    /// Where the details of `digest` are; `None` when it is not in the set.
    #[inline]
    pub(super) fn find(&self, digest: &[u8]) -> Option<Row> {
        with_records!(self.records, all => {
            let position = self.position_in(all, digest.try_into().ok()?)?;
            self.row_in(all, position)
        })
    }

    /// Hands over, in groups, the numbers (in `digests`) and the positions (in the set) of those that are in the set.
    pub(crate) fn positions<'d>(
        &self,
        digests: impl Iterator<Item = &'d [u8]>,
        found: &mut Found<'_>,
    ) {
        with_records!(self.records, all => self.positions_in(all, digests, found));
    }

    /// Where the details of the digest at `position` are.
    pub(super) fn row(&self, position: usize) -> Option<Row> {
        with_records!(self.records, all => self.row_in(all, position))
    }

    /// Asks for the rows of a group, where they stand apart.
    pub(super) fn touch_rows(&self, group: &[(usize, usize)]) {
        group
            .iter()
            .filter_map(|&(_, position)| self.rows.get(position)?.first())
            .for_each(prefetch);
    }

    #[inline]
    fn position_in<const N: usize, const S: usize>(
        &self,
        all: HsetRecords<'_, N, S>,
        digest: &[u8; N],
    ) -> Option<usize> {
        self.compare(all, digest, self.candidate(key_of(digest))?)
    }

    #[inline]
    fn row_in<const N: usize, const S: usize>(
        &self,
        all: HsetRecords<'_, N, S>,
        position: usize,
    ) -> Option<Row> {
        let row = all.row(position).or_else(|| self.rows.get(position).copied())?;
        Some(Row::decode(u32::from_le_bytes(row)))
    }

    fn positions_in<'d, const N: usize, const S: usize>(
        &self,
        all: HsetRecords<'_, N, S>,
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
        let mut coming = group();
        let mut before = group();
        let mut asked = waiting();
        let mut here = waiting();
        let mut positions: Vec<(usize, usize)> = Vec::with_capacity(SIDE_BY_SIDE);
        loop {
            coming.extend(digests.by_ref().take(SIDE_BY_SIDE));
            coming.iter().for_each(|(_, digest)| self.ask_for_cell(key_of(*digest)));
            for (number, digest) in before.drain(..) {
                if let Some(candidate) = self.candidate(key_of(digest)) {
                    all.ask_for(candidate.position);
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
    fn compare<const N: usize, const S: usize>(
        &self,
        all: HsetRecords<'_, N, S>,
        wanted: &[u8; N],
        candidate: Candidate,
    ) -> Option<usize> {
        match all.is_at(candidate.position, wanted) {
            true => Some(candidate.position),
            false => all.find(self.others(candidate)?, wanted),
        }
    }

    /// The other places of a digest whose candidate is another one. Where a cell has more digests than marks, some share one, and the digest may stand so
    /// much later. A call of its own, so that the many lookups that do not come here do not pay for it.
    #[inline(never)]
    fn others(&self, candidate: Candidate) -> Option<Range<usize>> {
        let [cell, next] = self.cells.get(candidate.cell..)?.first_chunk()?;
        let (first, marks) = halves(cell);
        let (after, _) = halves(next);
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
