//! Reads and checks the fields of a superblock.

use byte_source::{Expected, Problem, ProblemKind, Structure};
use words::term;

use super::{JournalCopy, MAGIC, Superblock};
use crate::ext::crc::crc32c;
use crate::ext::feature as f;

/// `s_jnl_backup_type`: `s_jnl_blocks` holds blocks and size of the journal.
const JOURNAL_BLOCKS: u8 = 1;

impl Superblock {
    /// Reads and checks a superblock. The problems are about what could be put up with.
    ///
    /// # Errors
    /// The first field with a value that makes reading impossible.
    pub(in crate::ext) fn parse(bytes: &Structure<'_>) -> Result<(Self, Vec<Problem>), Problem> {
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
    fn read_cluster_blocks(
        &self,
        bytes: &Structure<'_>,
        s_log_block_size: u32,
    ) -> Result<u32, Problem> {
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
        self.read_revision(bytes)
    }

    /// Reads what revision 0 has fixed values for.
    fn read_revision(&mut self, bytes: &Structure<'_>) -> Result<(), Problem> {
        (self.s_first_ino, self.s_inode_size) = match bytes.u32_le(0x4c)? {
            0 => (11, 128),
            _ => (bytes.u32_le(0x54)?, bytes.u16_le(0x58)?),
        };
        let inodes = u64::from(self.s_inodes_count);
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
            problems
                .push(bytes.damage(ProblemKind::Unsupported { feature, value: unknown.into() }));
        }
        Ok(problems)
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
