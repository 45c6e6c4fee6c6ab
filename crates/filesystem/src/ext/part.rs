//! Parts of the inode tables, each with its own limit of what may be read for its inodes.

use std::ops::Range;
use std::sync::PoisonError;

use byte_source::Scratch;

use super::budget::{Budget, Exhausted};
use super::leads::Leads;
use super::reader::Ext;
use super::scan::Scan;
use super::superblock::Superblock;
use crate::Found;

/// Bytes of inode table that one part of a scan holds at most.
pub(super) const PART_BYTES: u64 = 1 << 20;

/// Inodes of one part: as many whole groups as [`PART_BYTES`] hold, so that small groups do not make many limits; a large group is
/// divided.
pub(super) fn inodes_of_part(superblock: &Superblock) -> u64 {
    let most = PART_BYTES.checked_div(superblock.s_inode_size.into()).unwrap_or(1).max(1);
    let group = u64::from(superblock.s_inodes_per_group).max(1);
    match most.checked_div(group).unwrap_or(0) {
        0 => most,
        groups => groups.saturating_mul(group),
    }
}

impl Ext {
    /// Hands over what the slots hold (slot `n` is inode `n + 1`): the same for every division, as limits belong to the parts of
    /// [`inodes_of_part`].
    pub(super) fn scan_slots(
        &self,
        slots: Range<u64>,
        scratch: &mut Scratch,
        each: &mut dyn FnMut(Found),
    ) {
        let end = slots.end.min(self.volume.superblock.s_inodes_count.into());
        let mut slot = slots.start;
        let mut leads = Leads::default();
        while slot < end {
            let part = self.part_of(slot);
            let whole = self.slots_of(part);
            let next = whole.end.min(end);
            if (slot..next) == whole {
                self.scan_whole(part, scratch, &mut leads, each);
            } else {
                let mut budget = self.budget_in(part, scratch);
                let mut scan = Scan { budget: &mut budget, scratch, leads: &mut leads, each };
                self.scan_range(slot..next, &mut scan);
            }
            self.follow(std::mem::take(&mut leads), scratch, each);
            slot = next;
        }
    }

    /// What the scan may read for an inode of the part that holds this slot.
    pub(super) fn budget_of(&self, slot: u64, scratch: &mut Scratch) -> Budget {
        self.budget_in(self.part_of(slot), scratch)
    }

    fn budget_in(&self, part: u64, scratch: &mut Scratch) -> Budget {
        let known = self.ran_out.lock().unwrap_or_else(PoisonError::into_inner).get(&part).copied();
        match known {
            Some(Some(ran_out)) => Budget::foreseen(&self.volume, ran_out),
            Some(None) => Budget::new(&self.volume),
            None => {
                let ran_out = self.scan_whole(part, scratch, &mut Leads::default(), &mut |_| {});
                Budget::foreseen(&self.volume, ran_out)
            }
        }
    }

    fn scan_whole(
        &self,
        part: u64,
        scratch: &mut Scratch,
        leads: &mut Leads,
        each: &mut dyn FnMut(Found),
    ) -> Option<Exhausted> {
        let known = || self.ran_out.lock().unwrap_or_else(PoisonError::into_inner);
        known().entry(part).or_insert(None);
        let mut budget = Budget::new(&self.volume);
        self.scan_range(
            self.slots_of(part),
            &mut Scan { budget: &mut budget, scratch, leads, each },
        );
        let ran_out = budget.ran_out();
        known().insert(part, Some(ran_out));
        ran_out
    }

    /// The part that holds this slot.
    pub(super) fn part_of(&self, slot: u64) -> u64 {
        slot.checked_div(inodes_of_part(&self.volume.superblock)).unwrap_or(0)
    }

    /// The slots of a part.
    pub(super) fn slots_of(&self, part: u64) -> Range<u64> {
        let count = inodes_of_part(&self.volume.superblock);
        let start = part.saturating_mul(count);
        start..start.saturating_add(count).min(self.volume.superblock.s_inodes_count.into())
    }
}
