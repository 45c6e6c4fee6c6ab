//! Scanning the inode tables, group by group.

use std::borrow::Cow;
use std::ops::Range;

use byte_source::{Problem, ProblemKind, Scratch, Structure, index};
use case_model::NameEncoding;
use words::term;

use super::bitmap::{Bitmap, inode_bitmap};
use super::budget::Budget;
use super::group::Group;
use super::inode::Inode;
use super::leads::{Lead, Leads};
use super::own_space::{directory_space, map_space};
use super::reader::Ext;
use super::record::{Built, build_record, special_name};
use super::record_content::ROOT;
use super::state::{Circumstances, state_of};
use crate::{Allocation, Found, Link, LinkParent, NameSpace, Record};

/// The virtual folder of inodes that no directory names.
const METADATA_FOLDER: &str = "$Metadata";

/// What a scan may read, where it reads, and what takes what it finds.
pub(super) struct Scan<'s> {
    pub(super) budget: &'s mut Budget,
    pub(super) scratch: &'s mut Scratch,
    /// Takes the names that lead to slots which were never used.
    pub(super) leads: &'s mut Leads,
    pub(super) each: &'s mut dyn FnMut(Found),
}

impl Scan<'_> {
    /// Hands over a problem.
    pub(super) fn report(&mut self, problem: Problem) {
        (self.each)(Found::Problem(problem));
    }
}

/// An inode as it lies in its table.
pub(super) struct Seen<'b> {
    pub(super) inode: Structure<'b>,
    pub(super) number: u64,
    /// The inode bitmap's bit; `None` when it cannot be read.
    pub(super) in_bitmap: Option<bool>,
    /// What is wrong with its group, where that says that the inode was never used.
    pub(super) past_unused: Vec<Problem>,
}

/// The inode table of one group.
struct InodeTable<'v> {
    /// Its first slot, counted over all groups.
    first: u64,
    /// Byte offset in the volume.
    at: u64,
    inode_bytes: u64,
    /// First slot behind those that the descriptor calls used.
    counted: u64,
    bitmap: Option<Bitmap<'v>>,
}

impl InodeTable<'_> {
    /// Byte offset of a slot.
    fn place(&self, slot: u64) -> u64 {
        self.at.saturating_add(slot.saturating_sub(self.first).saturating_mul(self.inode_bytes))
    }

    /// The inode bitmap's bit of a slot; `None` when it cannot be read.
    fn in_bitmap(&self, slot: u64) -> Option<bool> {
        let bit = u32::try_from(slot.saturating_sub(self.first)).unwrap_or(u32::MAX);
        self.bitmap.as_ref().map(|bitmap| bitmap.has(bit))
    }

    /// First slot behind those that the inode bitmap calls used; 0 when there is none.
    fn end_of_bitmap(&self, s_inodes_per_group: u32) -> u64 {
        let last = self.bitmap.as_ref().and_then(|bitmap| bitmap.last_of(s_inodes_per_group));
        last.map_or(0, |last| self.first.saturating_add(last.into()).saturating_add(1))
    }
}

impl Ext {
    /// Hands over what the slots of one part hold.
    pub(super) fn scan_range(&self, slots: Range<u64>, scan: &mut Scan<'_>) {
        if slots.start == 0 {
            self.own_space()
                .into_iter()
                .for_each(|space| (scan.each)(Found::Space(Box::new(space))));
        }
        if slots.contains(&ROOT.saturating_sub(1)) && self.was_never_used(ROOT, scan.scratch) {
            // The superblock's rules lead to the root, as a name does to others.
            scan.leads.push(Lead { directory: 0, child: ROOT, at: self.superblock_at });
        }
        let per_group = u64::from(self.volume.superblock.s_inodes_per_group).max(1);
        let mut slot = slots.start;
        while slot < slots.end {
            let group = slot.checked_div(per_group).unwrap_or(0);
            let group_end = group.saturating_add(1).saturating_mul(per_group);
            let chunk_end = slots.end.min(group_end);
            self.scan_chunk(group, slot..chunk_end, scan);
            slot = chunk_end;
        }
    }

    /// Scans slots of one group.
    fn scan_chunk(&self, number: u64, slots: Range<u64>, scan: &mut Scan<'_>) {
        let Some(group) = self.groups.get(index(number)).filter(|group| group.known) else {
            let kind = ProblemKind::Inconsistent(term!("ext.unknown-place-group-descriptor-lost"));
            return scan.report(Problem::damage("inode table", 0, kind));
        };
        let mut table = self.table_of(group, number);
        if group.inode_uninit {
            return self.scan_made(slots, &table, scan);
        }
        let is_start = slots.start == table.first;
        table.bitmap = self.bitmap_of(group, is_start, scan);
        let behind = table.end_of_bitmap(self.volume.superblock.s_inodes_per_group);
        if is_start && behind > table.counted {
            scan.report(self.used_behind_the_unused(group, behind.saturating_sub(table.first)));
        }
        let used = table.counted.max(behind);
        self.scan_made(slots.start.max(used)..slots.end, &table, scan);
        self.scan_written(slots.start..slots.end.min(used), &table, scan);
    }

    /// The inode table of a group, without its bitmap.
    fn table_of(&self, group: &Group, number: u64) -> InodeTable<'_> {
        let superblock = &self.volume.superblock;
        let first = number.saturating_mul(superblock.s_inodes_per_group.into());
        InodeTable {
            first,
            at: self.volume.offset(group.bg_inode_table),
            inode_bytes: superblock.s_inode_size.into(),
            counted: first.saturating_add(group.counted_slots(superblock)),
            bitmap: None,
        }
    }

    /// Scans inodes of a part of the table that was written.
    fn scan_written(&self, slots: Range<u64>, table: &InodeTable<'_>, scan: &mut Scan<'_>) {
        if slots.is_empty() {
            return;
        }
        let range = table.place(slots.start)..table.place(slots.end);
        let (bytes, bad) = self.table_bytes(range, table.inode_bytes, scan.scratch);
        bad.into_iter().for_each(|problem| scan.report(problem));
        for (bytes, slot) in bytes.chunks_exact(index(table.inode_bytes)).zip(slots) {
            if let Some(seen) = self.seen_in(table, slot, bytes) {
                self.scan_inode(&seen, scan);
            }
        }
    }

    /// The inode in a slot; `None` when it was never written, by the descriptor and by the bitmap:
    /// the bytes may be of an older file system.
    #[inline]
    fn seen_in<'b>(
        &'b self,
        table: &InodeTable<'_>,
        slot: u64,
        bytes: &'b [u8],
    ) -> Option<Seen<'b>> {
        let number = slot.saturating_add(1);
        let in_bitmap = table.in_bitmap(slot);
        let changed = self.volume.fast.inode(number);
        if slot >= table.counted && in_bitmap != Some(true) && changed.is_none() {
            return None;
        }
        let inode = Structure::new("inode", table.place(slot), changed.unwrap_or(bytes));
        let in_bitmap = self.volume.fast.in_use(number).or(in_bitmap);
        Some(Seen { inode, number, in_bitmap, past_unused: Vec::new() })
    }

    /// Scans inodes that fast commits made in a part of the table that was never used before.
    fn scan_made(&self, slots: Range<u64>, table: &InodeTable<'_>, scan: &mut Scan<'_>) {
        let numbers = slots.start.saturating_add(1)..slots.end.saturating_add(1);
        for number in self.volume.fast.numbers(numbers) {
            if let Some(bytes) = self.volume.fast.inode(number) {
                let inode = Structure::new("inode", table.place(number.saturating_sub(1)), bytes);
                let in_bitmap = self.volume.fast.in_use(number);
                self.scan_inode(&Seen { inode, number, in_bitmap, past_unused: Vec::new() }, scan);
            }
        }
    }

    /// The inode bitmap; what is wrong with it is told when `tell`, so that it is told once.
    fn bitmap_of(&self, group: &Group, tell: bool, scan: &mut Scan<'_>) -> Option<Bitmap<'_>> {
        let (bitmap, wrong) = match inode_bitmap(&self.volume, group, scan.scratch) {
            Ok((bitmap, wrong)) => (Some(bitmap), wrong),
            Err(problem) => (None, Some(problem)),
        };
        if tell {
            wrong.into_iter().for_each(|problem| scan.report(problem));
        }
        bitmap
    }

    /// Bytes of inode tables; where the range cannot be read as a whole, unreadable inodes are
    /// zeros, and told.
    fn table_bytes(
        &self,
        range: Range<u64>,
        inode_bytes: u64,
        scratch: &mut Scratch,
    ) -> (Cow<'_, [u8]>, Vec<Problem>) {
        match self.volume.bytes("inode table", range.clone(), scratch) {
            Ok(bytes) => (bytes, Vec::new()),
            Err(_) => self.readable_inodes(range, inode_bytes, scratch),
        }
    }

    /// Reads inodes one by one; one problem for each range of unreadable inodes.
    fn readable_inodes(
        &self,
        range: Range<u64>,
        inode_bytes: u64,
        scratch: &mut Scratch,
    ) -> (Cow<'_, [u8]>, Vec<Problem>) {
        // A part is at most `PART_BYTES` long.
        let mut all = vec![0; index(range.end.saturating_sub(range.start))];
        let mut problems: Vec<Problem> = Vec::new();
        let mut at = range.start;
        let mut last_bad = false;
        for inode in all.chunks_mut(index(inode_bytes)) {
            let end = at.saturating_add(inode_bytes);
            match self.volume.bytes("inode table", at..end, scratch) {
                Ok(bytes) => {
                    inode.copy_from_slice(&bytes);
                    last_bad = false;
                }
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
    pub(super) fn scan_inode(&self, seen: &Seen<'_>, scan: &mut Scan<'_>) {
        let Seen { inode: bytes, number, in_bitmap, .. } = *seen;
        let reserved = number < self.volume.superblock.s_first_ino.into();
        let around = Circumstances { reserved, orphan: self.orphans.contains(&number), in_bitmap };
        if is_unused(&bytes, around) {
            return;
        }
        let inode = match Inode::parse(bytes, number, &self.volume.superblock) {
            Ok(inode) => inode,
            Err(bounds) => return scan.report(bounds.into()),
        };
        let Some(state) = state_of(&inode, around) else { return };
        scan.budget.begin(number);
        let mut built = build_record(&self.volume, &inode, state, scan.budget, scan.scratch);
        built.record.problems.extend(seen.past_unused.iter().cloned());
        self.give(&inode, built, scan);
    }

    /// Hands over the record of an inode, the space that it takes, and its names.
    fn give(&self, inode: &Inode<'_>, built: Built, scan: &mut Scan<'_>) {
        let Built { record, names } = built;
        let allocation = record.allocation;
        let link = self.virtual_link(inode, &record);
        let map_blocks = scan.budget.take_map_blocks();
        let map = map_space(&self.volume, &record, inode.has_extents(), &map_blocks);
        let directory = names.as_ref().and_then(|names| directory_space(&record, names));
        (scan.each)(Found::Record(Box::new(record)));
        map.into_iter()
            .chain(directory)
            .for_each(|space| (scan.each)(Found::Space(Box::new(space))));
        link.into_iter().for_each(|link| (scan.each)(Found::Link(Box::new(link))));
        if let Some(names) = names {
            self.scan_names(inode, allocation, &names, scan);
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
}

/// Is an inode surely unused? Then its fields are not read: most inodes of a file system are.
#[inline]
fn is_unused(inode: &Structure<'_>, around: Circumstances) -> bool {
    let is_blank = inode.u16_le(0) == Ok(0) && inode.u16_le(0x1a) == Ok(0);
    is_blank && !around.reserved && around.in_bitmap != Some(true) && !around.orphan
}
