//! Directories: all names of one, in use and deleted.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use byte_source::{Problem, ProblemKind, Scratch, Structure, length};
use case_model::NameEncoding;
use words::term;

use super::budget::Budget;
use super::dir_entry::{DirEntry, Rules, carve_entries, read_entries};
use super::directory_checksum::block_checksum_problem;
use super::inode::Inode;
use super::problems::Problems;
use super::volume::Volume;
use crate::{Allocation, Link, LinkParent, NameSpace, Place, RecordRef, Run};

/// Bytes read of one directory: ten million names of 50 bytes, twice.
const MOST_BYTES: u64 = 1 << 30;
/// Blocks in a row that hold no directory entries before the rest is given up.
const MOST_WRONG_BLOCKS: u32 = 64;
/// Deleted names kept of one directory.
const MOST_DELETED: usize = 1 << 20;

/// A directory being read.
pub(super) struct Directory<'d> {
    volume: &'d Volume,
    rules: Rules,
    parent: LinkParent,
    number: u64,
    /// Byte offset of the inode.
    at: u64,
    allocation: Allocation,
    has_index: bool,
    block_seed: Option<u32>,
    deleted: Vec<Link>,
    problems: Problems,
}

impl<'d> Directory<'d> {
    pub(super) fn new(volume: &'d Volume, inode: &Inode<'_>, allocation: Allocation) -> Self {
        let generation = Some(u64::from(inode.i_generation));
        Self {
            volume,
            rules: Rules {
                has_file_type: volume.superblock.incompat(super::feature::INCOMPAT_FILETYPE),
                s_inodes_count: volume.superblock.s_inodes_count,
                s_first_ino: volume.superblock.s_first_ino,
            },
            parent: LinkParent::Directory(RecordRef { number: inode.number, generation }),
            number: inode.number,
            at: inode.bytes.at(),
            allocation,
            has_index: inode.has_index(),
            block_seed: inode.checksum_seed(&volume.superblock),
            deleted: Vec::new(),
            problems: Problems::default(),
        }
    }

    /// Hands over the names in blocks: first those in use, then the deleted ones that are not in use as well.
    pub(super) fn read_runs(
        mut self,
        runs: &[Run],
        budget: &mut Budget,
        scratch: &mut Scratch,
        each: &mut dyn FnMut(Link),
    ) -> Vec<Problem> {
        if self.allocation == Allocation::Deleted && !self.is_still_there(runs, scratch) {
            return Vec::new();
        }
        self.for_each_block(runs, scratch, &mut |directory, block| {
            budget.spend("directory", block.at())?;
            Ok(directory.read_block(block, each))
        });
        if !self.deleted.is_empty() {
            self.drop_names_in_use(runs, scratch);
            self.deleted.drain(..).for_each(each);
        }
        self.into_problems()
    }

    /// Hands over the names of a directory in its inode: the parent's number, entries, and more entries in `system.data`.
    pub(super) fn read_inline(
        mut self,
        i_block: &Structure<'_>,
        system_data: &Structure<'_>,
        each: &mut dyn FnMut(Link),
    ) -> Vec<Problem> {
        let first = i_block.part("inline directory", 4, i_block.len().saturating_sub(4));
        let areas = [self.problems.take(first), Some(*system_data)];
        for area in areas.into_iter().flatten().filter(|area| !area.is_empty()) {
            self.read_area(&area, false, each);
        }
        let mut keep = self.deleted_by_key();
        for area in areas.into_iter().flatten() {
            self.strike_out(&area, &mut keep, &mut Vec::new());
        }
        self.retain_deleted(&keep);
        self.deleted.drain(..).for_each(each);
        self.into_problems()
    }

    fn into_problems(self) -> Vec<Problem> {
        match self.allocation {
            Allocation::Allocated => self.problems.into_vec(),
            Allocation::Deleted => self.problems.into_notes(),
        }
    }

    /// Does the first block of a deleted directory still begin with its own "."? If not, its blocks are in use for others.
    fn is_still_there(&self, runs: &[Run], scratch: &mut Scratch) -> bool {
        let Some(Run { place: Place::At(at), .. }) = runs.first() else { return false };
        let start = self.volume.bytes("directory block", *at..at.saturating_add(12), scratch);
        start.is_ok_and(|start| {
            let entry = Structure::new("directory entry", *at, &start);
            let inode = entry.u32_le(0).unwrap_or(0);
            u64::from(inode) == self.number && entry.u8(6) == Ok(1) && entry.u8(8) == Ok(b'.')
        })
    }

    /// Visits the blocks of the directory that have a place.
    fn for_each_block(
        &mut self,
        runs: &[Run],
        scratch: &mut Scratch,
        visit: &mut dyn FnMut(&mut Self, &Structure<'_>) -> Result<bool, Problem>,
    ) {
        let block_bytes = self.volume.block_bytes;
        let mut left = MOST_BYTES;
        let mut wrong = 0_u32;
        for run in runs {
            let Place::At(start) = run.place else {
                self.hole(run);
                continue;
            };
            for number in 0..run.length.checked_div(block_bytes).unwrap_or(0) {
                let at = start.saturating_add(number.saturating_mul(block_bytes));
                if left < block_bytes || wrong > MOST_WRONG_BLOCKS {
                    return self.give_up(at, left);
                }
                left = left.saturating_sub(block_bytes);
                let bytes = self.volume.bytes(
                    "directory block",
                    at..at.saturating_add(block_bytes),
                    scratch,
                );
                let Some(bytes) = self.problems.take(bytes) else { continue };
                let visited = visit(self, &Structure::new("directory block", at, &bytes));
                let Some(good) = self.problems.take(visited) else { return };
                wrong = if good { 0 } else { wrong.saturating_add(1) };
            }
        }
    }

    fn hole(&mut self, run: &Run) {
        if let Place::Hole | Place::Unwritten(_) = run.place {
            let kind = ProblemKind::Inconsistent(term!("ext.directory-hole"));
            self.problems.push(Problem::damage("directory", self.at, kind));
        }
    }

    fn give_up(&mut self, at: u64, left: u64) {
        let (what, limit) = if left < self.volume.block_bytes {
            (term!("ext.bytes-one-directory"), MOST_BYTES)
        } else {
            (term!("ext.blocks-row-without-directory-entries"), MOST_WRONG_BLOCKS.into())
        };
        self.problems.push(Problem::damage(
            "directory",
            at,
            ProblemKind::LimitReached { what, limit },
        ));
    }

    /// Takes one block; false when it is no directory block.
    fn read_block(&mut self, block: &Structure<'_>, each: &mut dyn FnMut(Link)) -> bool {
        if let Some(wrong) = self.checksum_problem(block) {
            self.problems.push(wrong);
        }
        self.read_area(block, self.has_index, each)
    }

    /// Takes the entries of an area; false when it is none of directory entries.
    fn read_area(&mut self, area: &Structure<'_>, index: bool, each: &mut dyn FnMut(Link)) -> bool {
        let (unused, taken) = read_entries(area, &self.rules, index, &mut |entry| {
            each(self.link(&entry, self.allocation));
        });
        let good = self.problems.take(taken).is_some();
        unused.into_iter().for_each(|range| self.carve(area, range));
        good
    }

    /// Takes the deleted names in an unused range of an area.
    fn carve(&mut self, area: &Structure<'_>, range: Range<usize>) {
        let mut found = Vec::new();
        carve_entries(area, range, &self.rules, &mut |entry| {
            found.push(self.link(&entry, Allocation::Deleted));
        });
        if self.deleted.len().saturating_add(found.len()) <= MOST_DELETED {
            self.deleted.append(&mut found);
        } else {
            let what = term!("ext.deleted-names-one-directory");
            let kind = ProblemKind::LimitReached { what, limit: length(MOST_DELETED) };
            self.problems.push(area.damage(kind).as_note());
        }
    }

    fn link(&self, entry: &DirEntry<'_>, allocation: Allocation) -> Link {
        Link {
            parent: self.parent,
            child: RecordRef { number: entry.inode.into(), generation: None },
            name: entry.name.to_vec(),
            encoding: NameEncoding::Bytes,
            readable: None,
            space: NameSpace::Primary,
            allocation,
            at: entry.at,
            times: None,
        }
    }

    /// Splitting a block of a hash index leaves copies of moved entries behind: those are not deleted. Nor is a name deleted twice.
    fn drop_names_in_use(&mut self, runs: &[Run], scratch: &mut Scratch) {
        let mut keep = self.deleted_by_key();
        let mut key = Vec::new();
        let told = std::mem::take(&mut self.problems);
        self.for_each_block(runs, scratch, &mut |directory, block| {
            directory.strike_out(block, &mut keep, &mut key);
            Ok(true)
        });
        self.problems = told;
        self.retain_deleted(&keep);
    }

    /// The first of each deleted name.
    fn deleted_by_key(&self) -> HashMap<Vec<u8>, usize> {
        let mut keep = HashMap::new();
        for (position, link) in self.deleted.iter().enumerate() {
            let mut key = Vec::new();
            write_key(&mut key, link.child.number, &link.name);
            keep.entry(key).or_insert(position);
        }
        keep
    }

    fn strike_out(
        &self,
        area: &Structure<'_>,
        keep: &mut HashMap<Vec<u8>, usize>,
        key: &mut Vec<u8>,
    ) {
        let _ = read_entries(area, &self.rules, false, &mut |entry| {
            write_key(key, entry.inode.into(), entry.name);
            keep.remove(key.as_slice());
        });
    }

    fn retain_deleted(&mut self, keep: &HashMap<Vec<u8>, usize>) {
        let kept: HashSet<usize> = keep.values().copied().collect();
        let mut position = 0_usize;
        self.deleted.retain(|_| {
            let keep = kept.contains(&position);
            position = position.saturating_add(1);
            keep
        });
    }

    /// Compares the checksum of a block.
    fn checksum_problem(&self, block: &Structure<'_>) -> Option<Problem> {
        block_checksum_problem(block, self.has_index, self.block_seed?)
    }
}

/// Child and name in one key.
fn write_key(key: &mut Vec<u8>, child: u64, name: &[u8]) {
    key.clear();
    key.extend_from_slice(&child.to_le_bytes());
    key.extend_from_slice(name);
}
