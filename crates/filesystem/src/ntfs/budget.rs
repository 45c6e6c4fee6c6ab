//! What a hostile volume may make one part of a scan do beyond reading its own slots.

use std::collections::HashMap;
use std::sync::Mutex;

use byte_source::{Problem, ProblemKind};
use words::{Term, term};

/// What may still be read for the slots of one part (as many as [`crate::RecordSpace`] says): lists of attributes and indexes of directories
/// may be shared by thousands of records, and lists may name thousands of others.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    /// Records that a list named and that turned out to belong to another file.
    foreign_records: Allowance,
    list_bytes: Allowance,
    /// Of the indexes of directories.
    index_bytes: Allowance,
    /// The slot that spends.
    turn: u64,
}

/// Where each allowance ran out in a part: the same for every division of the part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RanOut {
    foreign_records: Option<Exhausted>,
    list_bytes: Option<Exhausted>,
    index_bytes: Option<Exhausted>,
}

/// Where the limits of each part of the record table are reached. `None`: the scan of this part started and did not
/// finish, for example because the reader panicked.
pub(super) type KnownParts = Mutex<HashMap<u64, Option<RanOut>>>;

/// The slot for which too little was left, and what was left when its turn came. Those behind it have nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Exhausted {
    slot: u64,
    left: u64,
}

#[derive(Clone, Debug)]
struct Allowance {
    limit: u64,
    left: u64,
    at_turn: u64,
    ran_out: Option<Exhausted>,
}

impl Budget {
    const FOREIGN_RECORDS: u64 = 16_384;
    const LIST_BYTES: u64 = 32 << 20;
    /// The index of a directory of two million files.
    const INDEX_BYTES: u64 = 256 << 20;

    /// For slots in the order of their numbers.
    pub(super) fn new() -> Self {
        Self::foreseen(&RanOut::default())
    }

    /// For some of a part's slots, in order, when it is known where in the part the allowances run out.
    pub(super) fn foreseen(known: &RanOut) -> Self {
        Self {
            foreign_records: Allowance::new(Self::FOREIGN_RECORDS, known.foreign_records),
            list_bytes: Allowance::new(Self::LIST_BYTES, known.list_bytes),
            index_bytes: Allowance::new(Self::INDEX_BYTES, known.index_bytes),
            turn: 0,
        }
    }

    /// The next to spend is this slot.
    pub(super) fn begin(&mut self, slot: u64) {
        self.turn = slot;
        for allowance in [&mut self.foreign_records, &mut self.list_bytes, &mut self.index_bytes] {
            allowance.begin(slot);
        }
    }

    /// Lists cannot be read any more, because of a slot before this one.
    pub(super) fn has_no_lists(&self) -> bool {
        self.list_bytes.ran_out.is_some_and(|ran_out| ran_out.slot < self.turn)
    }

    pub(super) fn ran_out(&self) -> RanOut {
        RanOut {
            foreign_records: self.foreign_records.ran_out,
            list_bytes: self.list_bytes.ran_out,
            index_bytes: self.index_bytes.ran_out,
        }
    }

    pub(super) fn take_foreign(&mut self, at: u64) -> Result<(), Problem> {
        let what = term!("ntfs.records-named-attribute-lists-belong");
        self.foreign_records
            .take(1, self.turn)
            .map_err(|limit| reached("$ATTRIBUTE_LIST", at, what, limit))
    }

    pub(super) fn take_index(&mut self, bytes: u64, at: u64) -> Result<(), Problem> {
        let what = term!("ntfs.bytes-indexes-searched-stale-names");
        self.index_bytes
            .take(bytes, self.turn)
            .map_err(|limit| reached("$INDEX_ALLOCATION", at, what, limit))
    }

    pub(super) fn take_list(&mut self, bytes: u64, at: u64) -> Result<(), Problem> {
        let what = term!("ntfs.bytes-attribute-lists-one-part");
        self.list_bytes
            .take(bytes, self.turn)
            .map_err(|limit| reached("$ATTRIBUTE_LIST", at, what, limit))
    }
}

fn reached(structure: &'static str, at: u64, what: Term, limit: u64) -> Problem {
    Problem::damage(structure, at, ProblemKind::LimitReached { what, limit })
}

impl Allowance {
    fn new(limit: u64, ran_out: Option<Exhausted>) -> Self {
        Self { limit, left: limit, at_turn: limit, ran_out }
    }

    fn begin(&mut self, slot: u64) {
        self.left = match self.ran_out {
            Some(ran_out) if slot > ran_out.slot => 0,
            Some(ran_out) if slot == ran_out.slot => ran_out.left,
            // Of a part of which it is known where it ends, what is before that is enough.
            Some(_) => self.limit,
            None => self.left,
        };
        self.at_turn = self.left;
    }

    /// What alone is more than the limit is refused and takes nothing from the others.
    fn take(&mut self, count: u64, slot: u64) -> Result<(), u64> {
        if count > self.limit {
            return Err(self.limit);
        }
        match self.left.checked_sub(count) {
            Some(left) => self.left = left,
            None => {
                self.left = 0;
                self.ran_out = self.ran_out.or(Some(Exhausted { slot, left: self.at_turn }));
                return Err(self.limit);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What 20 slots that spend 4 MiB of lists more each are granted, from a slot on.
    fn granted(budget: &mut Budget, slots: std::ops::Range<u64>) -> Vec<(u64, bool)> {
        let of_slot = |slot: u64| {
            budget.begin(slot);
            // Two at a time, and one of a size that nobody is granted.
            let all =
                [slot << 20, slot << 20, 1 << 40].map(|bytes| budget.take_list(bytes, 0).is_ok());
            all.map(|one| (slot, one))
        };
        slots.flat_map(of_slot).collect()
    }

    #[test]
    fn what_a_slot_is_granted_does_not_depend_on_where_a_scan_of_its_part_begins() {
        let mut whole = Budget::new();
        let expected = granted(&mut whole, 0..20);
        assert!(
            expected.contains(&(2, true)) && expected.ends_with(&[(19, false); 3]),
            "{expected:?}"
        );
        let known = whole.ran_out();
        assert_ne!(known, RanOut::default());
        for first in 0..20 {
            let some = granted(&mut Budget::foreseen(&known), first..20);
            assert_eq!(some, expected[3 * usize::try_from(first).unwrap()..], "from {first}");
        }
    }
}
