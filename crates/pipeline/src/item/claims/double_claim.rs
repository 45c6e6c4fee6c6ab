//! From pieces of claims to double claims: ranges of units with the same owners.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Range;

use super::owners::{Owner, Piece};

/// Owners of one double claim that are named; the others are counted.
const MOST_OWNERS: usize = 8;

/// Consecutive units that the same owners claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DoubleClaim {
    pub(super) units: Range<u64>,
    /// The first [`MOST_OWNERS`] owners, and how often each claims the units.
    pub(super) owners: Vec<(Owner, u64)>,
    /// How many more owners there are.
    pub(super) more: u64,
}

/// Joins sorted pieces to double claims, ascending: the first `most` of those that begin before `cut`. Returns whether there are more.
pub(super) fn double_claims(
    pieces: &[Piece],
    cut: Option<u64>,
    most: usize,
) -> (Vec<DoubleClaim>, bool) {
    let mut borders: Vec<u64> = pieces.iter().flat_map(|piece| [piece.start, piece.end]).collect();
    borders.sort_unstable();
    borders.dedup();
    let mut ends: Vec<(u64, Owner)> = pieces.iter().map(|piece| (piece.end, piece.owner)).collect();
    ends.sort_unstable();
    let mut owners = OwnersAt {
        starting: pieces.iter().peekable(),
        ending: ends.into_iter().peekable(),
        active: BTreeMap::new(),
    };
    let mut claims: Vec<DoubleClaim> = Vec::new();
    for border in borders.windows(2) {
        let [start, end] = *border else { continue };
        owners.advance(start);
        if owners.active.is_empty() {
            continue;
        }
        // Behind the cut some owners are not known.
        let end = cut.map_or(end, |cut| end.min(cut));
        if start >= end || !add_claim(&mut claims, claim_of(start..end, &owners.active), most) {
            return (claims, true);
        }
    }
    (claims, cut.is_some())
}

/// The owners of one unit, while the units are gone through in order.
struct OwnersAt<'p, E: Iterator<Item = (u64, Owner)>> {
    starting: Peekable<std::slice::Iter<'p, Piece>>,
    /// Ends of pieces, ascending.
    ending: Peekable<E>,
    /// How often each owner claims the unit.
    active: BTreeMap<Owner, u64>,
}

impl<E: Iterator<Item = (u64, Owner)>> OwnersAt<'_, E> {
    /// Goes on to a unit at which a piece begins or ends.
    fn advance(&mut self, unit: u64) {
        while let Some((_, owner)) = self.ending.next_if(|(end, _)| *end <= unit) {
            end_claim(&mut self.active, owner);
        }
        while let Some(piece) = self.starting.next_if(|piece| piece.start <= unit) {
            let times = self.active.entry(piece.owner).or_default();
            *times = times.saturating_add(1);
        }
    }
}

/// Adds a claim, or extends the last one when both have the same owners. False when there are `most` already.
fn add_claim(claims: &mut Vec<DoubleClaim>, claim: DoubleClaim, most: usize) -> bool {
    let is_full = claims.len() == most;
    match claims.last_mut() {
        Some(last) if last.units.end == claim.units.start && last.has_owners_of(&claim) => {
            last.units.end = claim.units.end;
        }
        _ if is_full => return false,
        _ => claims.push(claim),
    }
    true
}

fn claim_of(units: Range<u64>, active: &BTreeMap<Owner, u64>) -> DoubleClaim {
    let owners = active.iter().take(MOST_OWNERS).map(|(owner, times)| (*owner, *times)).collect();
    let more = active.len().saturating_sub(MOST_OWNERS);
    DoubleClaim { units, owners, more: u64::try_from(more).unwrap_or(u64::MAX) }
}

fn end_claim(active: &mut BTreeMap<Owner, u64>, owner: Owner) {
    if let Some(times) = active.get_mut(&owner) {
        *times = times.saturating_sub(1);
        if *times == 0 {
            active.remove(&owner);
        }
    }
}

impl DoubleClaim {
    fn has_owners_of(&self, other: &Self) -> bool {
        (&self.owners, self.more) == (&other.owners, other.more)
    }
}

#[cfg(test)]
mod tests {
    use filesystem::RecordId;

    use super::*;

    fn file(number: u64) -> Owner {
        Owner::Content(RecordId { number, generation: 0 })
    }

    /// Units, and the records that claim them.
    type Named = (Range<u64>, Vec<u64>);

    /// The double claims of pieces, and whether there are more.
    fn of(pieces: &[(u64, u64, u64)], cut: Option<u64>, most: usize) -> (Vec<Named>, bool) {
        let mut pieces: Vec<Piece> = pieces
            .iter()
            .map(|(start, end, of)| Piece { start: *start, end: *end, owner: file(*of) })
            .collect();
        pieces.sort_unstable();
        let (claims, more) = double_claims(&pieces, cut, most);
        let numbers = |claim: &DoubleClaim| {
            let each = claim
                .owners
                .iter()
                .flat_map(|(owner, times)| vec![owner.record().unwrap().number; *times as usize]);
            each.collect()
        };
        (claims.iter().map(|claim| (claim.units.clone(), numbers(claim))).collect(), more)
    }

    #[test]
    fn every_range_has_the_owners_that_claim_it() {
        let pieces = [(0, 10, 1), (0, 4, 2), (4, 10, 3), (20, 22, 7), (20, 22, 7)];
        let wanted = vec![(0..4, vec![1, 2]), (4..10, vec![1, 3]), (20..22, vec![7, 7])];
        assert_eq!(of(&pieces, None, 10), (wanted.clone(), false));
        assert_eq!(of(&pieces, None, 2), (wanted[..2].to_vec(), true));
    }

    #[test]
    fn pieces_that_touch_are_one_claim() {
        let pieces = [(0, 2, 1), (2, 5, 1), (0, 5, 2)];
        assert_eq!(of(&pieces, None, 10), (vec![(0..5, vec![1, 2])], false));
    }

    #[test]
    fn behind_the_cut_nothing_is_named() {
        let pieces = [(0, 10, 1), (0, 10, 2), (8, 9, 3)];
        assert_eq!(of(&pieces, Some(8), 10), (vec![(0..8, vec![1, 2])], true));
        assert_eq!(of(&pieces, Some(0), 10), (vec![], true));
    }

    #[test]
    fn of_many_owners_the_first_are_named_and_the_others_counted() {
        let pieces: Vec<Piece> =
            (0..100).map(|number| Piece { start: 3, end: 4, owner: file(number) }).collect();
        let (claims, more) = double_claims(&pieces, None, 10);
        assert_eq!((claims.len(), more), (1, false));
        assert_eq!((claims[0].owners.len(), claims[0].more), (MOST_OWNERS, 92));
    }
}
