//! Inode and block bitmaps: one block a group, one bit an inode or cluster, lowest bit first.

use std::borrow::Cow;

use byte_source::{Problem, Scratch, Structure, index};

use super::crc::crc32c;
use super::group::Group;
use super::superblock::Superblock;
use super::volume::Volume;

/// A bitmap.
pub(super) struct Bitmap<'v> {
    bytes: Cow<'v, [u8]>,
}

impl Bitmap<'_> {
    /// Is this bit set? Bits that are not there are not.
    pub(super) fn has(&self, bit: u32) -> bool {
        let byte = self.bytes.get(index(u64::from(bit >> 3))).copied().unwrap_or(0);
        byte >> (bit & 7) & 1 == 1
    }

    /// The last of the first `bits` bits that is set.
    pub(super) fn last_of(&self, bits: u32) -> Option<u32> {
        let bytes = index(u64::from(bits.div_ceil(8))).min(self.bytes.len());
        let bytes = self.bytes.get(..bytes).unwrap_or_default();
        bytes.iter().enumerate().rev().find_map(|(number, byte)| {
            let first = u32::try_from(number).ok()?.saturating_mul(8);
            // Bits behind the last one are padding.
            let padding = 8_u32.saturating_sub(bits.saturating_sub(first).min(8));
            let set = byte.checked_shl(padding)?.checked_shr(padding)?;
            let last = 7_u32.checked_sub(set.leading_zeros())?;
            Some(first.saturating_add(last))
        })
    }

    /// How many of the first `bits` bits are set?
    pub(super) fn count(&self, bits: u32) -> u32 {
        let whole = index(u64::from(bits >> 3)).min(self.bytes.len());
        let bytes = self.bytes.get(..whole).unwrap_or_default();
        let set: u32 = bytes.iter().fold(0, |sum, byte| sum.saturating_add(byte.count_ones()));
        (bits & !7..bits).fold(set, |sum, bit| sum.saturating_add(self.has(bit).into()))
    }
}

/// The inode bitmap of a group that has one, and whether its checksum is wrong.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn inode_bitmap<'v>(
    volume: &'v Volume,
    group: &Group,
    scratch: &mut Scratch,
) -> Result<(Bitmap<'v>, Option<Problem>), Problem> {
    let block = group.bg_inode_bitmap;
    let bytes = volume.block("inode bitmap", block, scratch)?;
    let covered = index(u64::from(volume.superblock.s_inodes_per_group >> 3));
    let stored = group.current.then_some(group.bg_inode_bitmap_csum);
    let bitmap = Structure::new("inode bitmap", volume.offset(block), &bytes);
    let wrong =
        wrong_checksum(&volume.superblock, &bitmap, covered, stored, "bg_inode_bitmap_csum");
    Ok((Bitmap { bytes }, wrong))
}

/// The block bitmap of a group that has one, and whether its checksum is wrong.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn block_bitmap<'v>(
    volume: &'v Volume,
    group: &Group,
    scratch: &mut Scratch,
) -> Result<(Bitmap<'v>, Option<Problem>), Problem> {
    let superblock = &volume.superblock;
    let block = group.bg_block_bitmap;
    let bytes = volume.block("block bitmap", block, scratch)?;
    let clusters =
        superblock.s_blocks_per_group.checked_div(superblock.cluster_blocks).unwrap_or(0);
    let covered = index(u64::from(clusters >> 3));
    let stored = group.current.then_some(group.bg_block_bitmap_csum);
    let bitmap = Structure::new("block bitmap", volume.offset(block), &bytes);
    let wrong = wrong_checksum(superblock, &bitmap, covered, stored, "bg_block_bitmap_csum");
    Ok((Bitmap { bytes }, wrong))
}

fn wrong_checksum(
    superblock: &Superblock,
    bitmap: &Structure<'_>,
    covered: usize,
    stored: Option<u32>,
    field: &'static str,
) -> Option<Problem> {
    let seed = superblock.checksum_seed()?;
    let stored = stored?;
    // Short descriptors hold the low half only.
    let mask = if superblock.s_desc_size >= 64 { u32::MAX } else { 0xffff };
    let computed = crc32c(seed, bitmap.bytes(0, covered).ok()?);
    bitmap.wrong_checksum(field, stored & mask, computed & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bit_that_is_set_is_found_and_padding_is_none() {
        let last = |bytes: &[u8], bits| Bitmap { bytes: Cow::Borrowed(bytes) }.last_of(bits);
        assert_eq!(last(&[0xff, 0x01, 0], 24), Some(8));
        assert_eq!(last(&[0, 0], 16), None);
        assert_eq!(last(&[1, 0xf0], 12), Some(0));
        assert_eq!(last(&[1, 0xf8], 12), Some(11));
        assert_eq!(last(&[0x80], 64), Some(7));
    }
}
