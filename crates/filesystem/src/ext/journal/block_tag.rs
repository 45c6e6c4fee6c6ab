//! The tags of a descriptor block: which block of the file system each of the blocks behind it is.

use byte_source::{OutOfBounds, Structure};

use super::superblock::JournalSuperblock;

/// `t_flags`: the block began with the journal's magic number, which was replaced by zeros.
const ESCAPE: u32 = 1;
/// `t_flags`: no UUID follows the tag.
const SAME_UUID: u32 = 2;
/// `t_flags`: the last tag of the block.
const LAST_TAG: u32 = 8;

/// Offset of the first tag, behind the header.
const FIRST_AT: usize = 12;

/// `journal_block_tag_s` in any of its forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockTag {
    pub(super) t_blocknr: u64,
    pub(super) escaped: bool,
    /// CRC-32C of sequence number and block: all of it (version 3), the low half (version 2), or none.
    pub(super) t_checksum: Option<u32>,
}

/// All tags of a descriptor block.
///
/// # Errors
/// When a tag does not end inside the block.
pub(super) fn read_tags(
    block: &Structure<'_>,
    superblock: &JournalSuperblock,
) -> Result<Vec<BlockTag>, OutOfBounds> {
    let mut tags = Vec::new();
    let mut at = FIRST_AT;
    let size = tag_bytes(superblock);
    let room = block.len().saturating_sub(if superblock.has_checksums() { 4 } else { 0 });
    while at.saturating_add(size) <= room {
        let (tag, flags) = BlockTag::parse(&block.part("block tag", at, size)?, superblock)?;
        tags.push(tag);
        let uuid = if flags & SAME_UUID == 0 { 16 } else { 0 };
        at = at.saturating_add(size).saturating_add(uuid);
        if flags & LAST_TAG != 0 {
            break;
        }
    }
    Ok(tags)
}

/// Bytes of a tag, without the UUID that may follow it.
fn tag_bytes(superblock: &JournalSuperblock) -> usize {
    match (superblock.has_checksums_v3(), superblock.has_checksums_v2(), superblock.is_64_bit()) {
        (true, ..) => 16,
        (false, true, true) => 14,
        (false, false, true) => 12,
        (false, true, false) => 10,
        (false, false, false) => 8,
    }
}

impl BlockTag {
    /// Reads a tag, and its `t_flags`.
    fn parse(
        tag: &Structure<'_>,
        superblock: &JournalSuperblock,
    ) -> Result<(Self, u32), OutOfBounds> {
        let (flags, t_checksum) = if superblock.has_checksums_v3() {
            (tag.u32_be(4)?, Some(tag.u32_be(12)?))
        } else {
            let low = superblock.has_checksums_v2().then(|| tag.u16_be(4)).transpose()?;
            (tag.u16_be(6)?.into(), low.map(u32::from))
        };
        let high = if superblock.is_64_bit() { tag.u32_be(8)? } else { 0 };
        let t_blocknr = u64::from(high) << 32 | u64::from(tag.u32_be(0)?);
        Ok((Self { t_blocknr, escaped: flags & ESCAPE != 0, t_checksum }, flags))
    }
}
