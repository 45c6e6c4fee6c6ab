//! Scanning the inode tables, group by group.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use byte_source::{Problem, ProblemKind, Scratch, Structure, index};
use case_model::NameEncoding;
use words::term;

use super::bitmap::{Bitmap, inode_bitmap};
use super::budget::Budget;
use super::directory::Directory;
use super::file_system::Ext;
use super::group::Group;
use super::inode::{I_BLOCK_AT, I_BLOCK_BYTES, Inode};
use super::leads::{Lead, Leads};
use super::own_space::{directory_space, map_space};
use super::record::{Built, Names, ROOT, build_record, special_name};
use super::state::{Circumstances, state_of};
use crate::{Allocation, Found, Link, LinkParent, NameSpace, Record, RecordRef};

/// The virtual folder of inodes that no directory names.
const METADATA_FOLDER: &str = "$Metadata";

/// An inode as it lies in its table.
pub(super) struct Seen<'b> {
    pub(super) inode: Structure<'b>,
    pub(super) number: u64,
    /// The inode bitmap's bit; `None` when it cannot be read.
    pub(super) in_bitmap: Option<bool>,
    /// What is wrong with its group, where that says that the inode was never used.
    pub(super) past_unused: Vec<Problem>,
}

impl Ext {
    /// Hands over what the slots of one part hold. `leads` takes the names that lead to slots which were never used.
    pub(super) fn scan_range(
        &self,
        slots: Range<u64>,
        budget: &mut Budget,
        scratch: &mut Scratch,
        leads: &mut Leads,
        each: &mut dyn FnMut(Found),
    ) {
        if slots.start == 0 {
            self.own_space().into_iter().for_each(|space| each(Found::Space(Box::new(space))));
        }
        if slots.contains(&ROOT.saturating_sub(1)) && self.was_never_used(ROOT, scratch) {
            // The superblock's rules lead to the root, as a name does to others.
            leads.push(Lead { directory: 0, child: ROOT, at: self.superblock_at });
        }
        let per_group = u64::from(self.volume.superblock.s_inodes_per_group).max(1);
        let mut slot = slots.start;
        while slot < slots.end {
            let group = slot.checked_div(per_group).unwrap_or(0);
            let group_end = group.saturating_add(1).saturating_mul(per_group);
            let chunk_end = slots.end.min(group_end);
            self.scan_chunk(group, slot..chunk_end, budget, scratch, leads, each);
            slot = chunk_end;
        }
    }

    /// Scans slots of one group.
    fn scan_chunk(
        &self,
        number: u64,
        slots: Range<u64>,
        budget: &mut Budget,
        scratch: &mut Scratch,
        leads: &mut Leads,
        each: &mut dyn FnMut(Found),
    ) {
        let first = number.saturating_mul(self.volume.superblock.s_inodes_per_group.into());
        let Some(group) = self.groups.get(index(number)).filter(|group| group.known) else {
            let kind = ProblemKind::Inconsistent(term!("ext.unknown-place-group-descriptor-lost"));
            return each(Found::Problem(Problem::damage("inode table", 0, kind)));
        };
        let size = u64::from(self.volume.superblock.s_inode_size);
        let table = self.volume.offset(group.bg_inode_table);
        let place = |slot: u64| table.saturating_add(slot.saturating_sub(first).saturating_mul(size));
        if group.inode_uninit {
            return self.scan_made(slots, place, budget, scratch, leads, each);
        }
        let bitmap = self.bitmap_of(group, slots.start == first, scratch, each);
        let counted = first.saturating_add(group.counted_slots(&self.volume.superblock));
        let behind =
            bitmap.as_ref().and_then(|bitmap| bitmap.last_of(self.volume.superblock.s_inodes_per_group));
        let behind = behind.map_or(0, |last| first.saturating_add(last.into()).saturating_add(1));
        if slots.start == first && behind > counted {
            each(Found::Problem(self.used_behind_the_unused(group, behind.saturating_sub(first))));
        }
        let used = counted.max(behind);
        self.scan_made(slots.start.max(used)..slots.end, place, budget, scratch, leads, each);
        let slots = slots.start..slots.end.min(used);
        if slots.is_empty() {
            return;
        }
        let range = place(slots.start)..place(slots.end);
        let (bytes, bad) = self.table_bytes(range.clone(), size, scratch);
        bad.into_iter().for_each(|problem| each(Found::Problem(problem)));
        for (bytes, slot) in bytes.chunks_exact(index(size)).zip(slots) {
            let in_bitmap = bitmap
                .as_ref()
                .map(|bitmap| bitmap.has(u32::try_from(slot.saturating_sub(first)).unwrap_or(u32::MAX)));
            let inode = Structure::new("inode", place(slot), bytes);
            let number = slot.saturating_add(1);
            let changed = self.volume.fast.inode(number);
            let inode = changed.map_or(inode, |bytes| Structure::new("inode", place(slot), bytes));
            if slot >= counted && in_bitmap != Some(true) && changed.is_none() {
                // Never written, by the descriptor and by the bitmap: the bytes may be of an older file system.
                continue;
            }
            let in_bitmap = self.volume.fast.in_use(number).or(in_bitmap);
            self.scan_inode(
                &Seen { inode, number, in_bitmap, past_unused: Vec::new() },
                budget,
                scratch,
                leads,
                each,
            );
        }
    }

    /// Scans inodes that fast commits made in a part of the table that was never used before.
    fn scan_made(
        &self,
        slots: Range<u64>,
        place: impl Fn(u64) -> u64,
        budget: &mut Budget,
        scratch: &mut Scratch,
        leads: &mut Leads,
        each: &mut dyn FnMut(Found),
    ) {
        let numbers = slots.start.saturating_add(1)..slots.end.saturating_add(1);
        for number in self.volume.fast.numbers(numbers) {
            if let Some(bytes) = self.volume.fast.inode(number) {
                let inode = Structure::new("inode", place(number.saturating_sub(1)), bytes);
                let in_bitmap = self.volume.fast.in_use(number);
                let seen = Seen { inode, number, in_bitmap, past_unused: Vec::new() };
                self.scan_inode(&seen, budget, scratch, leads, each);
            }
        }
    }

    /// The inode bitmap; what is wrong with it is told when `tell`, so that it is told once.
    fn bitmap_of(
        &self,
        group: &Group,
        tell: bool,
        scratch: &mut Scratch,
        each: &mut dyn FnMut(Found),
    ) -> Option<Bitmap<'_>> {
        let (bitmap, wrong) = match inode_bitmap(&self.volume, group, scratch) {
            Ok((bitmap, wrong)) => (Some(bitmap), wrong),
            Err(problem) => (None, Some(problem)),
        };
        if tell {
            wrong.into_iter().for_each(|problem| each(Found::Problem(problem)));
        }
        bitmap
    }

    /// Bytes of inode tables; where the range cannot be read as a whole, unreadable inodes are zeros, and told.
    fn table_bytes(
        &self,
        range: Range<u64>,
        inode_bytes: u64,
        scratch: &mut Scratch,
    ) -> (Cow<'_, [u8]>, Vec<Problem>) {
        if let Ok(bytes) = self.volume.bytes("inode table", range.clone(), scratch) {
            return (bytes, Vec::new());
        }
        // A part is at most `PART_BYTES` long.
        let mut all = vec![0; index(range.end.saturating_sub(range.start))];
        let mut problems: Vec<Problem> = Vec::new();
        let (mut at, mut last_bad) = (range.start, false);
        for inode in all.chunks_mut(index(inode_bytes)) {
            let end = at.saturating_add(inode_bytes);
            match self.volume.bytes("inode table", at..end, scratch) {
                Ok(bytes) => {
                    inode.copy_from_slice(&bytes);
                    last_bad = false;
                }
                // One problem for each range of unreadable inodes.
                Err(problem) if !last_bad => {
                    problems.push(problem);
                    last_bad = true;
                }
                Err(_) => {}
            }
            at = end;
        }
        (Cow::Owned(all), problems)
    }

    /// Hands over what an inode holds.
    pub(super) fn scan_inode(
        &self,
        seen: &Seen<'_>,
        budget: &mut Budget,
        scratch: &mut Scratch,
        leads: &mut Leads,
        each: &mut dyn FnMut(Found),
    ) {
        let Seen { inode: bytes, number, in_bitmap, .. } = *seen;
        let reserved = number < self.volume.superblock.s_first_ino.into();
        let unused = bytes.u16_le(0) == Ok(0) && bytes.u16_le(0x1a) == Ok(0);
        if unused && !reserved && in_bitmap != Some(true) && !self.orphans.contains(&number) {
            return;
        }
        let inode = match Inode::parse(bytes, number, &self.volume.superblock) {
            Ok(inode) => inode,
            Err(bounds) => return each(Found::Problem(bounds.into())),
        };
        let around = Circumstances { reserved, orphan: self.orphans.contains(&number), in_bitmap };
        let Some(state) = state_of(&inode, around) else { return };
        budget.begin(number);
        let Built { mut record, names } = build_record(&self.volume, &inode, state, budget, scratch);
        record.problems.extend(seen.past_unused.iter().cloned());
        let (allocation, link) = (record.allocation, self.virtual_link(&inode, &record));
        let map = map_space(&self.volume, &record, inode.has_extents(), &budget.take_map_blocks());
        let directory = names.as_ref().and_then(|names| directory_space(&record, names));
        each(Found::Record(Box::new(record)));
        map.into_iter().chain(directory).for_each(|space| each(Found::Space(Box::new(space))));
        link.into_iter().for_each(|link| each(Found::Link(Box::new(link))));
        if let Some(names) = names {
            self.scan_names(&inode, (allocation, &names), budget, scratch, leads, each);
        }
    }

    /// A name for an inode that no directory names.
    fn virtual_link(&self, inode: &Inode<'_>, record: &Record) -> Option<Link> {
        let name = match special_name(&self.volume.superblock, inode.number) {
            Some("reserved") => format!("reserved-{}", inode.number),
            Some(name) => name.to_owned(),
            None if inode.is_attribute_value() && record.allocation == Allocation::Allocated => {
                format!("ea-inode-{}", inode.number)
            }
            None => return None,
        };
        Some(Link {
            parent: LinkParent::Virtual(METADATA_FOLDER),
            child: record.id.into(),
            name: name.into_bytes(),
            encoding: NameEncoding::Bytes,
            readable: None,
            space: NameSpace::Primary,
            allocation: record.allocation,
            at: record.at,
            times: None,
        })
    }

    /// Hands over the names of a directory.
    fn scan_names(
        &self,
        inode: &Inode<'_>,
        (allocation, names): (Allocation, &Names),
        budget: &mut Budget,
        scratch: &mut Scratch,
        leads: &mut Leads,
        each: &mut dyn FnMut(Found),
    ) {
        let directory = Directory::new(&self.volume, inode, allocation);
        let changed = self.volume.fast.names(inode.number);
        let mut shown: HashSet<&[u8]> = HashSet::new();
        // The directory's own blocks are read with the other one.
        let mut other = Scratch::new();
        let mut take = |mut link: Link| {
            if let Some((name, now)) = changed.and_then(|changed| changed.get_key_value(&link.name))
                && link.allocation == Allocation::Allocated
            {
                if now.child == Some(link.child.number) {
                    shown.insert(name);
                } else {
                    link.allocation = Allocation::Deleted;
                }
            }
            if link.allocation == Allocation::Allocated && self.was_never_used(link.child.number, &mut other)
            {
                leads.push(Lead { directory: inode.number, child: link.child.number, at: link.at });
            }
            each(Found::Link(Box::new(link)));
        };
        let problems = match names {
            // What stands in its blocks is older than the directory.
            _ if self.volume.fast.is_made(inode.number) => Vec::new(),
            Names::Runs(runs) => directory.read_runs(runs, budget, scratch, &mut take),
            Names::Inline(value, at) => {
                let i_block = inode.bytes.part("inline directory", I_BLOCK_AT, I_BLOCK_BYTES);
                let i_block = i_block.unwrap_or(Structure::new("inline directory", 0, &[]));
                let system_data = Structure::new("inline directory", *at, value);
                directory.read_inline(&i_block, &system_data, &mut take)
            }
        };
        problems.into_iter().for_each(|problem| each(Found::Problem(problem)));
        for (name, now) in changed.into_iter().flatten().filter(|(name, _)| !shown.contains(name.as_slice()))
        {
            let Some(child) = now.child else { continue };
            each(Found::Link(Box::new(fast_link(inode, name, child, now.at))));
        }
    }
}

/// A name that a fast commit gave.
fn fast_link(directory: &Inode<'_>, name: &[u8], child: u64, at: u64) -> Link {
    let parent = RecordRef { number: directory.number, generation: Some(directory.i_generation.into()) };
    Link {
        parent: LinkParent::Directory(parent),
        child: RecordRef { number: child, generation: None },
        name: name.to_vec(),
        encoding: NameEncoding::Bytes,
        readable: None,
        space: NameSpace::Primary,
        allocation: Allocation::Allocated,
        at,
        times: None,
    }
}
