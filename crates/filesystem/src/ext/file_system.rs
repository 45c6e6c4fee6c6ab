//! The reader as a file system.

use std::ops::Range;
use std::sync::Arc;

use byte_source::{Expected, Problem, Scratch, Source};
use words::term;

use super::budget::Budget;
use super::feature::RO_COMPAT_SHARED_BLOCKS;
use super::inode::Inode;
use super::inode_table::with_inode;
use super::leads::Rescue;
use super::part::inodes_of_part;
use super::reader::Ext;
use super::record::build_record;
use super::record_content::ROOT;
use super::state::{Circumstances, State, state_of};
use crate::{
    AllocationUnits, Census, Extents, FileSystem, Found, Record, RecordId, RecordRef, RecordSpace,
    Stream, Summary, extents,
};

impl FileSystem for Ext {
    fn summary(&self) -> &Summary {
        &self.summary
    }

    fn volume(&self) -> &Arc<dyn Source> {
        &self.volume.source
    }

    fn root(&self) -> RecordRef {
        RecordRef { number: ROOT, generation: None }
    }

    fn allocation_units(&self) -> AllocationUnits {
        let superblock = &self.volume.superblock;
        let shared = superblock.ro_compat(RO_COMPAT_SHARED_BLOCKS);
        AllocationUnits { first_at: 0, bytes: superblock.block_bytes, shared }
    }

    fn extents(&self, stream: &Stream) -> Option<Extents> {
        let found = extents(stream, self.volume.source.len())?;
        Some(self.volume.replaced.stored(found))
    }

    fn record_space(&self) -> RecordSpace {
        let superblock = &self.volume.superblock;
        RecordSpace { slots: superblock.s_inodes_count.into(), part: inodes_of_part(superblock) }
    }

    fn scan(&self, part: Range<u64>, scratch: &mut Scratch, each: &mut dyn FnMut(Found)) {
        self.scan_slots(part, scratch, each);
    }

    fn record(&self, id: RecordId, scratch: &mut Scratch) -> Result<Record, Problem> {
        let around = Circumstances {
            reserved: id.number < self.volume.superblock.s_first_ino.into(),
            orphan: self.orphans.contains(&id.number),
            in_bitmap: self
                .volume
                .fast
                .in_use(id.number)
                .or_else(|| self.bit_of(id.number, scratch)),
        };
        let rescue = self.rescue_of(id.number, scratch);
        let past_unused = rescue.map_or_else(Vec::new, |_| self.past_unused(id.number));
        with_inode(&self.volume, &self.groups, id.number, scratch, |inode, scratch| {
            check_generation(inode, id.generation)?;
            let unused = || inode.bytes.inconsistent(term!("ext.inode-not-use"));
            let state = state_of(inode, around).ok_or_else(unused)?;
            let mut record = self.record_as_scanned(inode, state, rescue, scratch);
            record.problems.extend(past_unused);
            Ok(record)
        })?
    }

    fn census(&self, scratch: &mut Scratch) -> Census {
        self.count_inodes(scratch)
    }

    fn unallocated(&self, scratch: &mut Scratch, each: &mut dyn FnMut(Range<u64>)) -> Vec<Problem> {
        self.free_ranges(scratch, each)
    }
}

impl Ext {
    /// Builds the record that a scan gives, with what a scan may read for it.
    fn record_as_scanned(
        &self,
        inode: &Inode<'_>,
        state: State,
        rescue: Option<Rescue>,
        scratch: &mut Scratch,
    ) -> Record {
        let volume = &self.volume;
        let mut budget = match rescue {
            Some(rescue) => Budget::with_left(volume, rescue.blocks_left),
            None => Budget::new(volume),
        };
        let built = build_record(volume, inode, state.clone(), &mut budget, scratch);
        if rescue.is_some() || !budget.was_asked() {
            return built.record;
        }
        // What the scan gave: inodes before this one may have left too little.
        let mut budget = self.budget_of(inode.number.saturating_sub(1), scratch);
        budget.begin(inode.number);
        build_record(volume, inode, state, &mut budget, scratch).record
    }
}

/// Checks that the inode is still of the generation that was asked for.
fn check_generation(inode: &Inode<'_>, generation: u64) -> Result<(), Problem> {
    let found = u64::from(inode.i_generation);
    if found == generation {
        return Ok(());
    }
    Err(inode.bytes.wrong_value("i_generation", Expected::Exactly(generation), found))
}
