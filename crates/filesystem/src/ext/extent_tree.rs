//! Extent trees of ext4: nodes of 12-byte entries, at most five levels below the one in `i_block`.

use std::collections::HashSet;
use std::ops::{Range, RangeInclusive};

use byte_source::{Expected, Problem, ProblemKind, Scratch, Structure};
use words::term;

use super::budget::Budget;
use super::crc::crc32c;
use super::extent_list::ExtentList;
use super::inode::{I_BLOCK_AT, I_BLOCK_BYTES, Inode};
use super::problems::Problems;
use super::run_list::RunList;
use super::volume::Volume;
use crate::Place;

/// `eh_magic`.
const MAGIC: u16 = 0xf30a;
/// Bytes of a header, of an extent and of an index entry.
const ENTRY_BYTES: usize = 12;
/// `eh_depth` at most (ext4 on-disk format).
const MOST_LEVELS: u16 = 5;
/// An extent longer than this is unwritten; its length is what is above.
const MOST_WRITTEN: u16 = 0x8000;
/// Logical block numbers have 32 bits.
const LOGICAL_END: u64 = 1 << 32;

struct Walk<'w> {
    volume: &'w Volume,
    budget: &'w mut Budget,
    scratch: &'w mut Scratch,
    problems: &'w mut Problems,
    seed: Option<u32>,
    list: ExtentList,
    /// Nodes read so far: none may be used twice, or a few blocks would make a tree without end.
    seen: HashSet<u64>,
}

/// `ext4_extent_header`, checked.
struct Header {
    eh_entries: usize,
    eh_max: usize,
    eh_depth: u16,
}

/// The runs of an inode with an extent tree.
pub(super) fn read_extent_tree(
    volume: &Volume,
    inode: &Inode<'_>,
    budget: &mut Budget,
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> RunList {
    let seed = inode.checksum_seed(&volume.superblock);
    let list = ExtentList::new(volume.block_bytes);
    let mut walk = Walk { volume, budget, scratch, problems, seed, list, seen: HashSet::new() };
    let whole = walk.root(inode);
    let Walk { mut list, .. } = walk;
    if problems.take(whole).is_none() {
        list.lose(0..u64::MAX);
    }
    // No extent reaches behind the last logical block.
    list.lose(LOGICAL_END..u64::MAX);
    let mut runs = RunList::new(inode.i_size, volume.block_bytes);
    list.finish(inode.bytes.at(), &mut runs, problems);
    if runs.end() > LOGICAL_END {
        let expected = Expected::Within(0, LOGICAL_END.saturating_mul(volume.block_bytes));
        problems.push(inode.bytes.wrong_value("i_size", expected, inode.i_size));
    }
    runs
}

/// Reads a node's header; `depth` is what its parent asks for.
fn header(node: &Structure<'_>, depth: Option<u16>) -> Result<Header, Problem> {
    let eh_magic = node.u16_le(0)?;
    let eh_entries = node.u16_le(2)?;
    let eh_max = node.u16_le(4)?;
    let eh_depth = node.u16_le(6)?;
    if eh_magic != MAGIC {
        return Err(node.wrong_value("eh_magic", Expected::Exactly(MAGIC.into()), eh_magic.into()));
    }
    check_depth(node, eh_depth, depth.map_or(0..=MOST_LEVELS, |depth| depth..=depth))?;
    check_counts(node, eh_entries, eh_max)?;
    Ok(Header { eh_entries: eh_entries.into(), eh_max: eh_max.into(), eh_depth })
}

/// Checks the level of a node.
fn check_depth(
    node: &Structure<'_>,
    eh_depth: u16,
    wanted: RangeInclusive<u16>,
) -> Result<(), Problem> {
    if wanted.contains(&eh_depth) {
        return Ok(());
    }
    let expected = Expected::Within((*wanted.start()).into(), (*wanted.end()).into());
    Err(node.wrong_value("eh_depth", expected, eh_depth.into()))
}

/// Checks that the node has room for its entries.
fn check_counts(node: &Structure<'_>, eh_entries: u16, eh_max: u16) -> Result<(), Problem> {
    let room = node.len().saturating_sub(ENTRY_BYTES).checked_div(ENTRY_BYTES).unwrap_or(0);
    if usize::from(eh_max) > room {
        let expected = Expected::Within(0, byte_source::length(room));
        return Err(node.wrong_value("eh_max", expected, eh_max.into()));
    }
    if eh_entries > eh_max {
        let expected = Expected::Within(0, eh_max.into());
        return Err(node.wrong_value("eh_entries", expected, eh_entries.into()));
    }
    Ok(())
}

/// The first logical block of each entry of a node; less of them than the header says where the
/// node ends.
fn starts(node: &Structure<'_>, header: &Header) -> Vec<u64> {
    let entries = 1..=header.eh_entries;
    let start = |slot: usize| node.u32_le(slot.saturating_mul(ENTRY_BYTES)).map_or(0, u64::from);
    entries.map(start).collect()
}

/// The first logical block of the entry that follows `block` in the file; `end` behind the last.
fn next_start(sorted: &[u64], block: u64, end: u64) -> u64 {
    let next = sorted.partition_point(|start| *start <= block);
    sorted.get(next).copied().unwrap_or(end).min(end.max(block))
}

impl Walk<'_> {
    /// Takes the root of the tree, in `i_block`.
    fn root(&mut self, inode: &Inode<'_>) -> Result<(), Problem> {
        let root = inode.bytes.part("extent tree", I_BLOCK_AT, I_BLOCK_BYTES)?;
        let header = header(&root, None)?;
        self.node(&root, &header, 0..LOGICAL_END);
        Ok(())
    }

    /// Takes the entries of a node that stands for the logical blocks `span`.
    fn node(&mut self, node: &Structure<'_>, header: &Header, span: Range<u64>) {
        let starts = starts(node, header);
        let mut sorted = starts.clone();
        sorted.sort_unstable();
        // The first logical block that the next entry may have.
        let mut before = span.start;
        for (start, slot) in starts.iter().copied().zip(1_usize..) {
            let entry = node.part("extent", slot.saturating_mul(ENTRY_BYTES), ENTRY_BYTES);
            let Some(entry) = self.problems.take(entry) else { return self.list.lose(span) };
            let expected_here = self.check_start(&entry, start, before..span.end);
            let blocks = || start..next_start(&sorted, start, span.end);
            let taken = match header.eh_depth {
                0 => self.extent(&entry, start),
                depth => self.index(&entry, blocks(), depth).map(|()| start.saturating_add(1)),
            };
            let end = self.problems.take(taken);
            if end.is_none() {
                self.list.lose(blocks());
            }
            if end.is_none() && (header.eh_depth == 0 || !expected_here) {
                // Its logical block may be wrong as well: nor is it known what lies between its
                // neighbours.
                let next = starts.get(slot).copied().unwrap_or(span.end);
                self.list.lose(before..next.max(before));
            }
            before = before.max(end.unwrap_or(start));
            if self.list.is_full() {
                return;
            }
        }
    }

    /// Checks that an entry's first logical block, `start`, lies behind those before it; false and
    /// a problem when not.
    fn check_start(&mut self, entry: &Structure<'_>, start: u64, allowed: Range<u64>) -> bool {
        let is_allowed = allowed.contains(&start);
        if !is_allowed {
            let last = allowed.end.saturating_sub(1).max(allowed.start);
            let expected = Expected::Within(allowed.start, last);
            self.problems.push(entry.wrong_value("ee_block", expected, start));
        }
        is_allowed
    }

    /// `ext4_extent`: so many blocks from a place on, `ee_block` being the first of them in the
    /// file. Returns the first block behind them.
    fn extent(&mut self, entry: &Structure<'_>, ee_block: u64) -> Result<u64, Problem> {
        let ee_len = entry.u16_le(4)?;
        let start = u64::from(entry.u16_le(6)?) << 32 | u64::from(entry.u32_le(8)?);
        let unwritten = ee_len > MOST_WRITTEN;
        let count = u64::from(if unwritten { ee_len.saturating_sub(MOST_WRITTEN) } else { ee_len });
        if count == 0 {
            return Err(entry.wrong_value("ee_len", Expected::Rule(term!("ext.more-0")), 0));
        }
        let blocks = ee_block..ee_block.saturating_add(count).min(LOGICAL_END);
        if !self.holds_blocks(start, count) {
            self.list.lose(blocks);
            return Err(self.out_of_range(entry, "ee_start", start));
        }
        let at = self.volume.offset(start);
        let place = if unwritten { Place::Unwritten(at) } else { Place::At(at) };
        let end = blocks.end;
        self.list.push(blocks, place, entry.at());
        Ok(end)
    }

    /// True when the file system has all these blocks.
    fn holds_blocks(&self, first: u64, count: u64) -> bool {
        let last = first.saturating_add(count).saturating_sub(1);
        self.volume.superblock.holds_block(first) && self.volume.superblock.holds_block(last)
    }

    /// `ext4_extent_idx`: a node one level down stands for the blocks of `span`.
    fn index(
        &mut self,
        entry: &Structure<'_>,
        span: Range<u64>,
        depth: u16,
    ) -> Result<(), Problem> {
        let leaf = u64::from(entry.u16_le(8)?) << 32 | u64::from(entry.u32_le(4)?);
        self.child(entry, leaf, span, depth)
    }

    /// Takes the node in block `leaf`, which `entry` leads to from level `depth`.
    fn child(
        &mut self,
        entry: &Structure<'_>,
        leaf: u64,
        span: Range<u64>,
        depth: u16,
    ) -> Result<(), Problem> {
        if !self.volume.superblock.holds_block(leaf) {
            return Err(self.out_of_range(entry, "ei_leaf", leaf));
        }
        let at = self.volume.offset(leaf);
        // What was cut off is neither remembered nor counted: it is not read, and its owners are
        // not bounded by the volume.
        if self.volume.has(leaf) {
            if !self.seen.insert(leaf) {
                let how = term!("ext.used-more-once-one-inode");
                return Err(Problem::damage("extent node", at, ProblemKind::Inconsistent(how)));
            }
            self.budget.spend_on_map("extent node", at)?;
        }
        let bytes = self.volume.block("extent node", leaf, self.scratch)?;
        let node = Structure::new("extent node", at, &bytes);
        let header = header(&node, Some(depth.saturating_sub(1)))?;
        let wrong = self.checksum_problem(&node, &header);
        wrong.into_iter().for_each(|wrong| self.problems.push(wrong));
        self.node(&node, &header, span);
        Ok(())
    }

    fn out_of_range(&self, entry: &Structure<'_>, field: &'static str, found: u64) -> Problem {
        let last = self.volume.superblock.s_blocks_count.saturating_sub(1);
        let expected = Expected::Within(self.volume.superblock.s_first_data_block.into(), last);
        entry.wrong_value(field, expected, found)
    }

    /// Compares `et_checksum`, which follows the last entry that there is room for.
    fn checksum_problem(&self, node: &Structure<'_>, header: &Header) -> Option<Problem> {
        let tail = header.eh_max.checked_add(1)?.checked_mul(ENTRY_BYTES)?;
        let stored = node.u32_le(tail).ok()?;
        let computed = crc32c(self.seed?, node.bytes(0, tail).ok()?);
        node.wrong_checksum("et_checksum", stored, computed)
    }
}
