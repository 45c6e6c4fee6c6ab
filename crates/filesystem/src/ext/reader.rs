//! An ext file system that was opened.

use std::collections::HashSet;
use std::sync::OnceLock;

use byte_source::Scratch;

use super::bitmap::inode_bitmap;
use super::budget::RanOut;
use super::group::Group;
use super::leads::Rescued;
use super::volume::Volume;
use crate::Summary;

/// An ext2, ext3 or ext4 file system.
pub(super) struct Ext {
    pub(super) volume: Volume,
    /// Byte offset of the superblock that was read.
    pub(super) superblock_at: u64,
    pub(super) groups: Vec<Group>,
    pub(super) orphans: HashSet<u64>,
    pub(super) ran_out: RanOut,
    /// Inodes past the unused ones of their groups; known once a name has led there.
    pub(super) rescued: OnceLock<Rescued>,
    pub(super) summary: Summary,
}

impl Ext {
    /// The inode bitmap's bit of an inode; `None` when it cannot be read.
    pub(super) fn bit_of(&self, number: u64, scratch: &mut Scratch) -> Option<bool> {
        let slot = number.checked_sub(1)?;
        let per_group = u64::from(self.volume.superblock.s_inodes_per_group);
        let group = self.groups.get(byte_source::index(slot.checked_div(per_group)?))?;
        if !group.known {
            return None;
        }
        if group.inode_uninit {
            return Some(false);
        }
        let (bitmap, _) = inode_bitmap(&self.volume, group, scratch).ok()?;
        Some(bitmap.has(u32::try_from(slot.checked_rem(per_group)?).ok()?))
    }
}
