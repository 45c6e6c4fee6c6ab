//! Inodes that are in use though no name is left: the orphan list in the inodes, and the orphan file.

use std::collections::HashSet;

use byte_source::{Expected, Problem, ProblemKind, Scratch, Structure};
use words::term;

use super::budget::Budget;
use super::content::read_content;
use super::feature::COMPAT_ORPHAN_FILE;
use super::group::Group;
use super::inode_table::with_inode;
use super::problems::Problems;
use super::volume::Volume;
use super::xattr::Xattrs;
use crate::{Layout, Place};

/// Blocks of the orphan file that are read; `mke2fs` makes it 2 MiB at most (512 blocks), and limits it to 8192 inodes a CPU.
const MOST_BLOCKS: u64 = 1 << 16;
/// `ob_magic` in the last 8 bytes of a block of the orphan file.
const MAGIC: u32 = 0x0b10_ca04;

/// The numbers of all inodes on the orphan list or in the orphan file.
pub(super) fn read_orphans(
    volume: &Volume,
    groups: &[Group],
    scratch: &mut Scratch,
) -> (HashSet<u64>, Vec<Problem>) {
    let mut problems = Problems::default();
    let mut orphans = HashSet::new();
    read_list(volume, groups, &mut orphans, &mut problems, scratch);
    if volume.superblock.compat(COMPAT_ORPHAN_FILE) && volume.superblock.s_orphan_file_inum != 0 {
        read_file(volume, groups, &mut orphans, &mut problems, scratch);
    }
    (orphans, problems.into_vec())
}

/// Follows `s_last_orphan` through `i_dtime`. An inode can be on the list once, so it has an end.
fn read_list(
    volume: &Volume,
    groups: &[Group],
    orphans: &mut HashSet<u64>,
    problems: &mut Problems,
    scratch: &mut Scratch,
) {
    let mut next = u64::from(volume.superblock.s_last_orphan);
    while next != 0 {
        let link = with_inode(volume, groups, next, scratch, |inode, _| {
            (inode.bytes.at(), u64::from(inode.i_dtime))
        });
        let Some((at, after)) = problems.take(link) else { return };
        if !orphans.insert(next) {
            let kind = ProblemKind::Inconsistent(term!("ext.orphan-list-comes-back-inode"));
            problems.push(Problem::damage("inode", at, kind));
            return;
        }
        next = after;
    }
}

/// Takes all numbers of the orphan file.
fn read_file(
    volume: &Volume,
    groups: &[Group],
    orphans: &mut HashSet<u64>,
    problems: &mut Problems,
    scratch: &mut Scratch,
) {
    let number = volume.superblock.s_orphan_file_inum.into();
    let none = Xattrs::default();
    let content = with_inode(volume, groups, number, scratch, |inode, scratch| {
        read_content(volume, inode, &none, &mut Budget::new(volume), problems, scratch)
    });
    let Some(Layout::Runs(runs)) = problems.take(content).map(|content| content.layout) else {
        return;
    };
    let mut left = MOST_BLOCKS;
    for run in runs {
        let Place::At(start) = run.place else { continue };
        for block in 0..run.length.checked_div(volume.block_bytes).unwrap_or(0) {
            if left == 0 {
                let what = term!("ext.blocks-orphan-file");
                let kind = ProblemKind::LimitReached { what, limit: MOST_BLOCKS };
                return problems.push(Problem::damage("orphan file", start, kind));
            }
            left = left.saturating_sub(1);
            let at = start.saturating_add(block.saturating_mul(volume.block_bytes));
            problems.take(read_file_block(volume, at, orphans, scratch));
        }
    }
}

/// Takes the numbers of the block of the orphan file at byte `at`.
fn read_file_block(
    volume: &Volume,
    at: u64,
    orphans: &mut HashSet<u64>,
    scratch: &mut Scratch,
) -> Result<(), Problem> {
    let range = at..at.saturating_add(volume.block_bytes);
    let bytes = volume.bytes("orphan file block", range, scratch)?;
    let block = Structure::new("orphan file block", at, &bytes);
    let tail = block.len().saturating_sub(8);
    let magic = block.u32_le(tail)?;
    if magic != MAGIC {
        return Err(block.wrong_value("ob_magic", Expected::Exactly(MAGIC.into()), magic.into()));
    }
    take_numbers(&block, tail, volume.superblock.s_inodes_count, orphans)
}

/// Takes the inode numbers in the first `count` bytes of a block; 0 stands for none.
fn take_numbers(
    block: &Structure<'_>,
    count: usize,
    last: u32,
    orphans: &mut HashSet<u64>,
) -> Result<(), Problem> {
    let (numbers, _) = block.bytes(0, count)?.as_chunks::<4>();
    for number in numbers.iter().map(|number| u32::from_le_bytes(*number)) {
        if number > last {
            let expected = Expected::Within(0, last.into());
            return Err(block.wrong_value("orphan inode number", expected, number.into()));
        }
        if number != 0 {
            orphans.insert(number.into());
        }
    }
    Ok(())
}
