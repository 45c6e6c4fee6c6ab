//! The superblock: 1024 bytes at byte 1024, little-endian, with copies in some block groups.

mod parse;

use super::crc::crc32c;
use super::feature as f;
use crate::FileSystemKind;

/// Length of a superblock in bytes.
pub(super) const SUPERBLOCK_BYTES: u64 = 1024;
/// `s_magic`.
pub(super) const MAGIC: u16 = 0xef53;

/// A superblock whose fields lie in the ranges that the specification allows.
#[derive(Clone, Debug, Default)]
pub(super) struct Superblock {
    pub(super) s_inodes_count: u32,
    /// `s_blocks_count_lo` and `_hi`.
    pub(super) s_blocks_count: u64,
    pub(super) s_free_inodes_count: u32,
    pub(super) s_first_data_block: u32,
    /// `1024 << s_log_block_size`.
    pub(super) block_bytes: u32,
    /// Blocks of a cluster; 1 without bigalloc.
    pub(super) cluster_blocks: u32,
    pub(super) s_blocks_per_group: u32,
    pub(super) s_inodes_per_group: u32,
    pub(super) s_first_ino: u32,
    pub(super) s_inode_size: u16,
    pub(super) s_block_group_nr: u16,
    pub(super) s_feature_compat: u32,
    pub(super) s_feature_incompat: u32,
    pub(super) s_feature_ro_compat: u32,
    pub(super) s_uuid: [u8; 16],
    pub(super) s_volume_name: [u8; 16],
    pub(super) s_reserved_gdt_blocks: u16,
    pub(super) s_journal_inum: u32,
    pub(super) s_last_orphan: u32,
    /// Bytes of a group descriptor.
    pub(super) s_desc_size: u16,
    pub(super) s_first_meta_bg: u32,
    pub(super) s_backup_bgs: [u32; 2],
    /// When the file system was made, in seconds since 1970; 0 where that is not known.
    pub(super) s_mkfs_time: u32,
    pub(super) s_usr_quota_inum: u32,
    pub(super) s_grp_quota_inum: u32,
    pub(super) s_prj_quota_inum: u32,
    pub(super) s_orphan_file_inum: u32,
    /// `s_jnl_blocks`: `i_block` and the size of the journal's inode, where `s_jnl_backup_type`
    /// says that they are there.
    pub(super) journal_copy: Option<JournalCopy>,
    s_checksum_seed: u32,
}

/// What the superblock keeps of the journal's inode.
#[derive(Clone, Copy, Debug)]
pub(super) struct JournalCopy {
    pub(super) i_block: [u8; 60],
    /// In bytes.
    pub(super) i_size: u64,
}

impl Superblock {
    /// Is this bit of `s_feature_compat` set?
    pub(super) fn compat(&self, feature: u32) -> bool {
        self.s_feature_compat & feature != 0
    }

    /// Is this bit of `s_feature_incompat` set?
    pub(super) fn incompat(&self, feature: u32) -> bool {
        self.s_feature_incompat & feature != 0
    }

    /// Is this bit of `s_feature_ro_compat` set?
    pub(super) fn ro_compat(&self, feature: u32) -> bool {
        self.s_feature_ro_compat & feature != 0
    }

    /// ext4 when a feature asks for it that ext3 does not know; ext3 when there is a journal.
    pub(super) fn kind(&self) -> FileSystemKind {
        let ext4 = self.s_feature_incompat & !f::INCOMPAT_BEFORE_EXT4 != 0
            || self.s_feature_ro_compat & !f::RO_COMPAT_BEFORE_EXT4 != 0
            || self.compat(f::COMPAT_FAST_COMMIT | f::COMPAT_ORPHAN_FILE);
        match (ext4, self.compat(f::COMPAT_HAS_JOURNAL)) {
            (true, _) => FileSystemKind::Ext4,
            (false, true) => FileSystemKind::Ext3,
            (false, false) => FileSystemKind::Ext2,
        }
    }

    /// Block groups.
    pub(super) fn group_count(&self) -> u64 {
        let blocks = self.s_blocks_count.saturating_sub(self.s_first_data_block.into());
        blocks.div_ceil(u64::from(self.s_blocks_per_group).max(1))
    }

    /// First block of a group.
    pub(super) fn group_start(&self, group: u64) -> u64 {
        group
            .saturating_mul(self.s_blocks_per_group.into())
            .saturating_add(self.s_first_data_block.into())
    }

    /// The group of an inode, and its slot in the inode table of the group.
    pub(super) fn place_of_inode(&self, number: u64) -> (u64, u64) {
        let slot = number.saturating_sub(1);
        let per_group = u64::from(self.s_inodes_per_group).max(1);
        (slot.checked_div(per_group).unwrap_or(0), slot.checked_rem(per_group).unwrap_or(0))
    }

    /// Blocks of a group's inode table.
    pub(super) fn inode_table_blocks(&self) -> u64 {
        u64::from(self.s_inodes_per_group)
            .saturating_mul(self.s_inode_size.into())
            .div_ceil(u64::from(self.block_bytes).max(1))
    }

    /// Can a structure or file data lie in this block?
    pub(super) fn holds_block(&self, block: u64) -> bool {
        (u64::from(self.s_first_data_block)..self.s_blocks_count).contains(&block) && block != 0
    }

    /// The first register of all CRC-32C but the superblock's own; `None` without `metadata_csum`.
    pub(super) fn checksum_seed(&self) -> Option<u32> {
        if !self.ro_compat(f::RO_COMPAT_METADATA_CSUM) {
            None
        } else if self.incompat(f::INCOMPAT_CSUM_SEED) {
            Some(self.s_checksum_seed)
        } else {
            Some(crc32c(!0, &self.s_uuid))
        }
    }

    /// Do group descriptors hold checksums, and may their `bg_flags` and `bg_itable_unused` thus be
    /// believed?
    pub(super) fn has_group_checksums(&self) -> bool {
        self.ro_compat(f::RO_COMPAT_GDT_CSUM | f::RO_COMPAT_METADATA_CSUM)
    }

    /// Does this group begin with a copy of the superblock?
    pub(super) fn has_superblock(&self, group: u64) -> bool {
        if group == 0 {
            return true;
        }
        if self.compat(f::COMPAT_SPARSE_SUPER2) {
            return self.s_backup_bgs.iter().any(|backup| u64::from(*backup) == group);
        }
        let power_of = |base: u64| {
            let mut power = base;
            while power < group {
                power = power.saturating_mul(base);
            }
            power == group
        };
        group == 1
            || !self.ro_compat(f::RO_COMPAT_SPARSE_SUPER)
            || power_of(3)
            || power_of(5)
            || power_of(7)
    }
}
