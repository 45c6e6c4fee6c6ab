//! The header of journal blocks: 12 bytes, big-endian as everything in a journal.

use byte_source::Structure;

/// `h_magic`.
pub(super) const MAGIC: u32 = 0xc03b_3998;
/// `h_blocktype`: tags of the blocks that follow.
pub(super) const DESCRIPTOR: u32 = 1;
/// `h_blocktype`: end of a transaction.
pub(super) const COMMIT: u32 = 2;
/// `h_blocktype`: superblock without features.
pub(super) const SUPERBLOCK_V1: u32 = 3;
/// `h_blocktype`: superblock.
pub(super) const SUPERBLOCK_V2: u32 = 4;
/// `h_blocktype`: blocks that must not be replayed.
pub(super) const REVOKE: u32 = 5;

/// `journal_header_s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) h_blocktype: u32,
    pub(super) h_sequence: u32,
}

impl Header {
    /// The header of a block; `None` when it has none.
    pub(super) fn parse(block: &Structure<'_>) -> Option<Self> {
        let magic = block.u32_be(0).ok()?;
        let header = Self { h_blocktype: block.u32_be(4).ok()?, h_sequence: block.u32_be(8).ok()? };
        (magic == MAGIC).then_some(header)
    }
}
