//! The superblock: 1024 bytes at byte 1024, little-endian, with copies in some block groups.

use byte_source::{Expected, Problem, ProblemKind, Structure};
use words::term;

use super::crc::crc32c;
use super::feature as f;
use crate::FileSystemKind;

/// Length of a superblock in bytes.
pub(super) const SUPERBLOCK_BYTES: u64 = 1024;
/// `s_jnl_backup_type`: `s_jnl_blocks` holds blocks and size of the journal.
const JOURNAL_BLOCKS: u8 = 1;
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
    /// `s_jnl_blocks`: `i_block` and the size of the journal's inode, where `s_jnl_backup_type` says that they are there.
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
    /// Reads and checks a superblock. The problems are about what could be put up with.
    ///
    /// # Errors
    /// The first field with a value that makes reading impossible.
    pub(super) fn parse(bytes: &Structure<'_>) -> Result<(Self, Vec<Problem>), Problem> {
        let magic = bytes.u16_le(0x38)?;
        check(bytes, "s_magic", magic.into(), Expected::Exactly(MAGIC.into()), magic == MAGIC)?;
        let mut superblock = Self::identity(bytes)?;
        superblock.read_sizes(bytes)?;
        superblock.read_groups(bytes)?;
        superblock.read_inodes(bytes)?;
        let problems = superblock.tolerated(bytes)?;
        Ok((superblock, problems))
    }

    fn identity(bytes: &Structure<'_>) -> Result<Self, Problem> {
        Ok(Self {
            s_block_group_nr: bytes.u16_le(0x5a)?,
            s_feature_compat: bytes.u32_le(0x5c)?,
            s_feature_incompat: bytes.u32_le(0x60)?,
            s_feature_ro_compat: bytes.u32_le(0x64)?,
            s_uuid: bytes.array(0x68)?,
            s_volume_name: bytes.array(0x78)?,
            s_journal_inum: bytes.u32_le(0xe0)?,
            s_last_orphan: bytes.u32_le(0xe8)?,
            s_first_meta_bg: bytes.u32_le(0x104)?,
            s_mkfs_time: bytes.u32_le(0x108)?,
            s_usr_quota_inum: bytes.u32_le(0x240)?,
            s_grp_quota_inum: bytes.u32_le(0x244)?,
            s_backup_bgs: [bytes.u32_le(0x24c)?, bytes.u32_le(0x250)?],
            s_prj_quota_inum: bytes.u32_le(0x26c)?,
            s_checksum_seed: bytes.u32_le(0x270)?,
            s_orphan_file_inum: bytes.u32_le(0x280)?,
            journal_copy: journal_copy(bytes)?,
            ..Self::default()
        })
    }

    fn read_sizes(&mut self, bytes: &Structure<'_>) -> Result<(), Problem> {
        // Up to 64 KiB a block.
        let log = bytes.u32_le(0x18)?;
        check(bytes, "s_log_block_size", log.into(), Expected::Within(0, 6), log <= 6)?;
        self.block_bytes = 1024 << log;
        self.cluster_blocks = self.read_cluster_blocks(bytes, log)?;
        let high = if self.incompat(f::INCOMPAT_64BIT) { bytes.u32_le(0x150)? } else { 0 };
        self.s_blocks_count = u64::from(high) << 32 | u64::from(bytes.u32_le(4)?);
        self.s_first_data_block = bytes.u32_le(0x14)?;
        let first = u64::from(self.s_first_data_block);
        let all = self.s_blocks_count.checked_mul(self.block_bytes.into());
        let fits = self.s_blocks_count > first && all.is_some_and(|all| all >> 63 == 0);
        let expected = Expected::Rule(term!("ext.more-first-data-block-all"));
        check(bytes, "s_blocks_count", self.s_blocks_count, expected, fits)?;
        check(bytes, "s_first_data_block", first, Expected::Within(0, 1), first <= 1)
    }

    /// Blocks of a cluster: 1 without bigalloc.
    fn read_cluster_blocks(&self, bytes: &Structure<'_>, s_log_block_size: u32) -> Result<u32, Problem> {
        /// `s_log_cluster_size` at most: a shift that 32 bits bear.
        const MOST: u32 = 30;
        if !self.ro_compat(f::RO_COMPAT_BIGALLOC) {
            return Ok(1);
        }
        let log = bytes.u32_le(0x1c)?;
        let fits = (s_log_block_size..=MOST).contains(&log);
        let expected = Expected::Within(s_log_block_size.into(), MOST.into());
        check(bytes, "s_log_cluster_size", log.into(), expected, fits)?;
        Ok(1_u32.checked_shl(log.saturating_sub(s_log_block_size)).unwrap_or(1))
    }

    fn read_groups(&mut self, bytes: &Structure<'_>) -> Result<(), Problem> {
        // A bitmap is one block: so many bits, one each for a cluster.
        let bits = u64::from(self.block_bytes).saturating_mul(8);
        let most = bits.saturating_mul(self.cluster_blocks.into());
        self.s_blocks_per_group = bytes.u32_le(0x20)?;
        let blocks = u64::from(self.s_blocks_per_group);
        let whole_clusters = self.s_blocks_per_group.checked_rem(self.cluster_blocks) == Some(0);
        let fits = (8..=most).contains(&blocks) && whole_clusters;
        check(bytes, "s_blocks_per_group", blocks, Expected::Within(8, most), fits)?;
        self.s_inodes_per_group = bytes.u32_le(0x28)?;
        let inodes = u64::from(self.s_inodes_per_group);
        let fits = (1..=bits).contains(&inodes);
        check(bytes, "s_inodes_per_group", inodes, Expected::Within(1, bits), fits)?;
        self.s_reserved_gdt_blocks = bytes.u16_le(0xce)?;
        self.s_desc_size = self.read_desc_size(bytes)?;
        Ok(())
    }

    /// Bytes of a group descriptor: 32 where block numbers have 32 bits.
    fn read_desc_size(&self, bytes: &Structure<'_>) -> Result<u16, Problem> {
        if !self.incompat(f::INCOMPAT_64BIT) {
            return Ok(32);
        }
        let s_desc_size = bytes.u16_le(0xfe)?;
        let fits = (64..=1024).contains(&s_desc_size) && s_desc_size.is_power_of_two();
        let expected = Expected::Rule(term!("ext.power-two-64-1024"));
        check(bytes, "s_desc_size", s_desc_size.into(), expected, fits)?;
        Ok(s_desc_size)
    }

    fn read_inodes(&mut self, bytes: &Structure<'_>) -> Result<(), Problem> {
        self.s_inodes_count = bytes.u32_le(0)?;
        self.s_free_inodes_count = bytes.u32_le(0x10)?;
        let inodes = u64::from(self.s_inodes_count);
        let most = self.group_count().saturating_mul(self.s_inodes_per_group.into());
        let fits = (11..=most).contains(&inodes);
        check(bytes, "s_inodes_count", inodes, Expected::Within(11, most), fits)?;
        // Revision 0 has fixed values.
        (self.s_first_ino, self.s_inode_size) = match bytes.u32_le(0x4c)? {
            0 => (11, 128),
            _ => (bytes.u32_le(0x54)?, bytes.u16_le(0x58)?),
        };
        let size = u32::from(self.s_inode_size);
        let fits = size.is_power_of_two() && (128..=self.block_bytes).contains(&size);
        let expected = Expected::Rule(term!("ext.power-two-128-block-size"));
        check(bytes, "s_inode_size", size.into(), expected, fits)?;
        let first = u64::from(self.s_first_ino);
        let fits = (11..=inodes).contains(&first);
        check(bytes, "s_first_ino", first, Expected::Within(11, inodes), fits)
    }

    /// What is wrong, but can be put up with: the checksum, unknown features.
    fn tolerated(&self, bytes: &Structure<'_>) -> Result<Vec<Problem>, Problem> {
        let mut problems = Vec::new();
        if self.ro_compat(f::RO_COMPAT_METADATA_CSUM) {
            let computed = crc32c(!0, bytes.bytes(0, 0x3fc)?);
            problems.extend(bytes.wrong_checksum("s_checksum", bytes.u32_le(0x3fc)?, computed));
        }
        let unknown = self.s_feature_incompat & !f::INCOMPAT_KNOWN;
        if unknown != 0 {
            let feature = term!("ext.incompatible-feature-feature-incompat");
            problems.push(bytes.damage(ProblemKind::Unsupported { feature, value: unknown.into() }));
        }
        Ok(problems)
    }

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
        group.saturating_mul(self.s_blocks_per_group.into()).saturating_add(self.s_first_data_block.into())
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

    /// Do group descriptors hold checksums, and may their `bg_flags` and `bg_itable_unused` thus be believed?
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
        group == 1 || !self.ro_compat(f::RO_COMPAT_SPARSE_SUPER) || power_of(3) || power_of(5) || power_of(7)
    }
}

/// `s_jnl_blocks`: 15 words of `i_block`, then the high and the low word of the size.
fn journal_copy(bytes: &Structure<'_>) -> Result<Option<JournalCopy>, Problem> {
    if bytes.u8(0xfd)? != JOURNAL_BLOCKS {
        return Ok(None);
    }
    let i_size = u64::from(bytes.u32_le(0x148)?) << 32 | u64::from(bytes.u32_le(0x14c)?);
    Ok(Some(JournalCopy { i_block: bytes.array(0x10c)?, i_size }))
}

fn check(
    bytes: &Structure<'_>,
    field: &'static str,
    found: u64,
    expected: Expected,
    fits: bool,
) -> Result<(), Problem> {
    if fits { Ok(()) } else { Err(bytes.damage(ProblemKind::Value { field, expected, found })) }
}
