//! Space of a volume that is claimed more than once: by two files, or by a file and the file system itself. At most one of the owners has
//! its own content there, and nobody can say which: the content is given as it lies, and marked.
//!
//! The first look at the records sets one bit for each allocation unit in use ([`ClaimMap`]). Only where a bit was set before, a second look
//! asks for the owners. The result depends on what is claimed, not on the order in which the records come.

mod claim_map;
mod double_claim;
mod owner_names;
mod owners;
mod unit_set;

use std::collections::BTreeMap;
use std::ops::Range;
use words::{Statement, term};

use byte_source::Problem;
use case_model::StopToken;
use case_store::ProblemRow;
use evidence::{OnMedium, Tree};
use filesystem::{Detail, FileSystem, Record, RecordId};

pub(crate) use claim_map::{Claim, ClaimMap};
use double_claim::{DoubleClaim, double_claims};
use owner_names::OwnerNames;
use owners::owners_of;
use unit_set::UnitSet;

/// Double claims of a file system that are named one by one. A hostile volume can have millions; all are counted.
const MOST_CLAIMS: usize = 1000;
/// The structure in problem rows.
const STRUCTURE: &str = "allocation";

/// The double claims of a file system, as problems.
#[derive(Debug, Default)]
pub(crate) struct DoubleClaims {
    /// By record, ascending by place.
    of_records: BTreeMap<RecordId, Vec<ProblemRow>>,
    /// Those of the file system as a whole: claims without a record among their owners, and the total where not all are named.
    pub(crate) of_volume: Vec<ProblemRow>,
    /// What was not looked after.
    pub(crate) limit: Option<Problem>,
}

impl DoubleClaims {
    /// Returns what is to be said of a record.
    pub(crate) fn of_record(&self, id: RecordId) -> &[ProblemRow] {
        self.of_records.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Marks a record of which something is to be said.
    pub(crate) fn mark(&self, record: &mut Record) {
        if let Some(first) = self.of_record(record.id).first() {
            let at = first.at.unwrap_or_default();
            let said = term!("problem.place").with(STRUCTURE).with(at).with(first.what.clone());
            let (name, value) = ("claimed_twice".to_owned(), said.encode());
            record.details.push(Detail { name, value });
        }
    }

    /// Finds the owners of all space that `map` knows to be claimed more than once. Must run on a pool. After a stop, what it gives is of no use.
    pub(crate) fn find(
        file_system: &dyn FileSystem,
        parts: &[Range<u64>],
        map: &ClaimMap,
        tree: &Tree,
        medium: &OnMedium<'_>,
        stop: &StopToken,
    ) -> Self {
        let mut found = Self { limit: map.limit.clone(), ..Self::default() };
        let twice = map.twice();
        let Some(total) = total(twice, map) else { return found };
        let (pieces, cut) = owners_of(file_system, parts, map, twice, stop);
        let (claims, more) = double_claims(&pieces, cut, MOST_CLAIMS);
        let mut names = OwnerNames::new(file_system, tree);
        for claim in &claims {
            if stop.is_requested() {
                break;
            }
            found.add(claim, &mut names, map, medium);
        }
        if more || claims.is_empty() {
            let what = term!("claim.all")
                .with(total.bytes)
                .with(total.ranges)
                .with(byte_source::length(claims.len()))
                .with(byte_source::length(MOST_CLAIMS));
            let at = Some(medium.at(total.first_at));
            found.of_volume.push(ProblemRow { number: None, damage: true, structure: STRUCTURE, at, what });
        }
        found
    }

    fn add(
        &mut self,
        claim: &DoubleClaim,
        names: &mut OwnerNames<'_>,
        map: &ClaimMap,
        medium: &OnMedium<'_>,
    ) {
        let bytes = map.bytes(&claim.units);
        let at = medium.at(bytes.start);
        let length = bytes.end.saturating_sub(bytes.start);
        let what = term!("claim.bytes").with(length).with(claimed_by(claim, names));
        let row = |number| ProblemRow {
            number,
            damage: true,
            structure: STRUCTURE,
            at: Some(at),
            what: what.clone(),
        };
        let mut records: Vec<RecordId> =
            claim.owners.iter().filter_map(|(owner, _)| owner.record()).collect();
        records.dedup();
        if records.is_empty() {
            self.of_volume.push(row(None));
        }
        for id in records {
            self.of_records.entry(id).or_default().push(row(Some(id.number)));
        }
    }
}

/// Returns "by A and by B".
fn claimed_by(claim: &DoubleClaim, names: &mut OwnerNames<'_>) -> Statement {
    let mut all = Statement::from(term!("list.and"));
    for (owner, times) in &claim.owners {
        let name = names.name(owner);
        all = all.with(match times {
            1 => term!("claim.by").with(name),
            _ => term!("claim.by-times").with(*times).with(name),
        });
    }
    if claim.more > 0 {
        all.with(term!("claim.by-more").with(claim.more))
    } else if let [(_, 1)] = claim.owners[..] {
        all.with(term!("claim.by-unknown"))
    } else {
        all
    }
}

/// All that is claimed more than once.
struct Total {
    ranges: u64,
    bytes: u64,
    first_at: u64,
}

/// Returns `None` when nothing is claimed more than once.
fn total(twice: &UnitSet, map: &ClaimMap) -> Option<Total> {
    let mut total: Option<Total> = None;
    twice.runs(&mut |run| {
        let bytes = map.bytes(&run);
        let total = total.get_or_insert(Total { ranges: 0, bytes: 0, first_at: bytes.start });
        total.ranges = total.ranges.saturating_add(1);
        total.bytes = total.bytes.saturating_add(bytes.end.saturating_sub(bytes.start));
    });
    total
}
