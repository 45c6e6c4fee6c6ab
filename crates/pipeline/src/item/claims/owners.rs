//! Who claims the units that are claimed more than once: a second look at the records, only when there are such units.

use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use byte_source::Scratch;
use case_model::StopToken;
use filesystem::{FileSystem, Found, RecordId, StreamKind};
use rayon::prelude::*;

use super::claim_map::{ClaimMap, each_extent};
use super::unit_set::UnitSet;
use crate::workers::isolation::scan_isolated;

/// Pieces of claims that are kept, those nearest to the start of the volume; 64 bytes of memory each.
const MOST_PIECES: usize = 1 << 16;

/// Who claims units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// The content of a record in use.
    Content(RecordId),
    /// An alternate stream of a record in use.
    Alternate(RecordId),
    /// Space of a record in use that is no stream, by the structure's name.
    Structure(RecordId, &'static str),
    /// A structure of the file system.
    Volume(&'static str),
}

impl Owner {
    /// The record, where it is one's.
    pub(super) fn record(&self) -> Option<RecordId> {
        match self {
            Self::Content(id) | Self::Alternate(id) | Self::Structure(id, _) => Some(*id),
            Self::Volume(_) => None,
        }
    }
}

/// Units claimed more than once, as far as one owner claims them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) owner: Owner,
}

/// The pieces nearest to the start of the volume, whatever the order in which they come.
#[derive(Debug)]
pub(super) struct Pieces {
    most: usize,
    kept: BinaryHeap<Piece>,
    /// The first unit of the first piece that is not kept: what begins before is known whole.
    pub(super) cut: Option<u64>,
}

impl Pieces {
    pub(super) fn new(most: usize) -> Self {
        Self { most, kept: BinaryHeap::new(), cut: None }
    }

    pub(super) fn push(&mut self, piece: Piece) {
        self.kept.push(piece);
        if self.kept.len() > self.most
            && let Some(last) = self.kept.pop()
        {
            self.cut_at(Some(last.start));
        }
    }

    pub(super) fn into_sorted(self) -> (Vec<Piece>, Option<u64>) {
        (self.kept.into_sorted_vec(), self.cut)
    }

    fn join(&mut self, other: Self) {
        self.cut_at(other.cut);
        other.kept.into_iter().for_each(|piece| self.push(piece));
    }

    fn cut_at(&mut self, unit: Option<u64>) {
        self.cut = self.cut.into_iter().chain(unit).min();
    }

    /// Adds what an owner claims of `twice`.
    fn add(&mut self, units: Range<u64>, owner: Owner, twice: &UnitSet) {
        let mut open = units.start..units.start;
        twice.members(units, &mut |found| {
            if found.start == open.end {
                open.end = found.end;
                return;
            }
            let done = std::mem::replace(&mut open, found);
            self.add_piece(&done, owner);
        });
        self.add_piece(&open, owner);
    }

    fn add_piece(&mut self, units: &Range<u64>, owner: Owner) {
        if !units.is_empty() {
            self.push(Piece { start: units.start, end: units.end, owner });
        }
    }
}

/// Scans the records again for those that claim units of `twice`, until a stop. Must run on a pool.
pub(super) fn owners_of(
    file_system: &dyn FileSystem,
    parts: &[Range<u64>],
    map: &ClaimMap,
    twice: &UnitSet,
    stop: &StopToken,
) -> (Vec<Piece>, Option<u64>) {
    let all = Mutex::new(Pieces::new(MOST_PIECES));
    parts.par_iter().for_each_init(Scratch::new, |scratch, part| {
        if stop.is_requested() {
            return;
        }
        let new = || Pieces::new(MOST_PIECES);
        let mut take = |pieces: &mut Pieces, found: Found| take(pieces, &found, map, twice);
        // A reader that fails here failed in the first look, too, which says so.
        let (pieces, _) = scan_isolated(file_system, part.clone(), scratch, &new, &mut take);
        all.lock().unwrap_or_else(PoisonError::into_inner).join(pieces);
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner).into_sorted()
}

fn take(pieces: &mut Pieces, found: &Found, map: &ClaimMap, twice: &UnitSet) {
    match found {
        Found::Record(record) => each_extent(record, &mut |kind, extent| {
            let owner = match kind {
                StreamKind::Alternate => Owner::Alternate(record.id),
                _ => Owner::Content(record.id),
            };
            pieces.add(map.units(extent), owner, twice);
        }),
        Found::Space(space) => {
            let owner = space
                .owner
                .map_or(Owner::Volume(space.what), |id| Owner::Structure(id, space.what));
            space
                .extents
                .iter()
                .for_each(|extent| pieces.add(map.units(extent.clone()), owner, twice));
        }
        Found::Link(_) | Found::Extension(_) | Found::Problem(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_kept_do_not_depend_on_the_order_in_which_they_come() {
        let piece = |start: u64| Piece { start, end: start + 2, owner: Owner::Volume("table") };
        let mut forwards = Pieces::new(3);
        (0..10).for_each(|start| forwards.push(piece(start)));
        let mut backwards = Pieces::new(3);
        for half in [5..10, 0..5] {
            let mut part = Pieces::new(3);
            half.rev().for_each(|start| part.push(piece(start)));
            backwards.join(part);
        }
        let (pieces, cut) = forwards.into_sorted();
        assert_eq!((pieces.clone(), cut), backwards.into_sorted());
        assert_eq!((pieces.len(), cut), (3, Some(3)));
    }
}
