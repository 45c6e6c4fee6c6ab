//! Revoke blocks: blocks that were freed, and must not be replayed up to that transaction.

use byte_source::{Expected, Problem, Structure};

use super::superblock::JournalSuperblock;

/// Offset of the first block number.
const FIRST_AT: usize = 16;

/// The block numbers of a revoke block.
///
/// # Errors
/// When `r_count` does not fit into the block.
pub(super) fn read_revoked(
    block: &Structure<'_>,
    superblock: &JournalSuperblock,
) -> Result<Vec<u64>, Problem> {
    let r_count = block.u32_be(0xc)?;
    let end = usize::try_from(r_count).unwrap_or(usize::MAX);
    if !(FIRST_AT..=block.len()).contains(&end) {
        let expected = Expected::Within(16, byte_source::length(block.len()));
        return Err(block.wrong_value("r_count", expected, r_count.into()));
    }
    let bytes = block.bytes(FIRST_AT, end.saturating_sub(FIRST_AT))?;
    Ok(if superblock.is_64_bit() { long_numbers(bytes) } else { short_numbers(bytes) })
}

fn long_numbers(bytes: &[u8]) -> Vec<u64> {
    bytes.as_chunks::<8>().0.iter().map(|number| u64::from_be_bytes(*number)).collect()
}

fn short_numbers(bytes: &[u8]) -> Vec<u64> {
    bytes.as_chunks::<4>().0.iter().map(|number| u32::from_be_bytes(*number).into()).collect()
}
