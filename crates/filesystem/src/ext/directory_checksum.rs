//! Checksums of directory blocks: `det_checksum` of entries, `dt_checksum` of nodes of a hash index.

use byte_source::{Problem, Structure};
use words::term;

use super::crc::crc32c;

/// Compares the checksum of a block: of a hash index node, or of entries.
pub(super) fn block_checksum_problem(
    block: &Structure<'_>,
    has_index: bool,
    seed: u32,
) -> Option<Problem> {
    match index_entries_at(block).filter(|_| has_index) {
        Some(at) => index_checksum_problem(block, at, seed),
        None => entries_checksum_problem(block, seed),
    }
}

/// Where the entries of a hash index node begin (with their limit and count); `None` for a block of directory entries.
fn index_entries_at(block: &Structure<'_>) -> Option<usize> {
    let first = usize::from(block.u16_le(4).ok()?);
    if first == block.len() {
        return Some(8);
    }
    // The root: "." and "..", whose space is the rest of the block, then `dx_root_info` with a zero and its length of 8.
    let rest = usize::from(block.u16_le(16).ok()?) == block.len().checked_sub(12)?;
    let info = block.u32_le(24) == Ok(0) && block.u8(29) == Ok(8);
    (first == 12 && rest && info).then_some(32)
}

/// Compares `dt_checksum`, behind the last entry of the index that there is room for.
fn index_checksum_problem(block: &Structure<'_>, at: usize, seed: u32) -> Option<Problem> {
    let limit = usize::from(block.u16_le(at).ok()?);
    let count = usize::from(block.u16_le(at.checked_add(2)?).ok()?);
    let tail = at.checked_add(limit.checked_mul(8)?)?;
    let covered = block.bytes(0, at.checked_add(count.checked_mul(8)?)?).ok()?;
    let register = crc32c(crc32c(seed, covered), block.bytes(tail, 4).ok()?);
    let stored = block.u32_le(tail.checked_add(4)?).ok()?;
    block.wrong_checksum("dt_checksum", stored, crc32c(register, &[0; 4]))
}

/// Compares `det_checksum` in the last 12 bytes, where they are the entry that holds it.
fn entries_checksum_problem(block: &Structure<'_>, seed: u32) -> Option<Problem> {
    let tail = block.len().checked_sub(12)?;
    let head = (block.u32_le(tail).ok()?, block.u32_le(tail.checked_add(4)?).ok()?);
    if head != (0, 0xde00_000c) {
        return Some(block.inconsistent(term!("ext.entry-holds-checksum-missing")));
    }
    let stored = block.u32_le(tail.checked_add(8)?).ok()?;
    block.wrong_checksum("det_checksum", stored, crc32c(seed, block.bytes(0, tail).ok()?))
}
