//! The feature words of the superblock, as far as they change how the file system is read.

/// `s_feature_compat`: has a journal.
pub(super) const COMPAT_HAS_JOURNAL: u32 = 0x4;
/// `s_feature_compat`: superblock copies in two groups only (`s_backup_bgs`).
pub(super) const COMPAT_SPARSE_SUPER2: u32 = 0x200;
/// `s_feature_compat`: fast commits in the journal.
pub(super) const COMPAT_FAST_COMMIT: u32 = 0x400;
/// `s_feature_compat`: orphans are kept in a file (`s_orphan_file_inum`).
pub(super) const COMPAT_ORPHAN_FILE: u32 = 0x1000;

/// `s_feature_incompat`: e2compr.
pub(super) const INCOMPAT_COMPRESSION: u32 = 0x1;
/// `s_feature_incompat`: directory entries hold a file type.
pub(super) const INCOMPAT_FILETYPE: u32 = 0x2;
/// `s_feature_incompat`: the journal must be replayed.
pub(super) const INCOMPAT_RECOVER: u32 = 0x4;
/// `s_feature_incompat`: this is a journal device, not a file system.
pub(super) const INCOMPAT_JOURNAL_DEV: u32 = 0x8;
/// `s_feature_incompat`: group descriptors lie in their meta block group.
pub(super) const INCOMPAT_META_BG: u32 = 0x10;
/// `s_feature_incompat`: block numbers of 64 bits.
pub(super) const INCOMPAT_64BIT: u32 = 0x80;
/// `s_feature_incompat`: `s_checksum_seed` replaces the UUID.
pub(super) const INCOMPAT_CSUM_SEED: u32 = 0x2000;
/// `s_feature_incompat`: values of extended attributes may lie in inodes.
pub(super) const INCOMPAT_EA_INODE: u32 = 0x400;
/// `s_feature_incompat`: directories may be larger than 4 GiB.
pub(super) const INCOMPAT_LARGEDIR: u32 = 0x4000;
/// Everything in `s_feature_incompat` that this reader takes into account: the above, extents (0x40), MMP (0x100), flex_bg (0x200),
/// directory data (0x1000), inline data (0x8000), encryption (0x10000), casefolding (0x20000).
pub(super) const INCOMPAT_KNOWN: u32 = 0x3_f7df;
/// What ext2 and ext3 know of it.
pub(super) const INCOMPAT_BEFORE_EXT4: u32 = INCOMPAT_COMPRESSION
    | INCOMPAT_FILETYPE
    | INCOMPAT_RECOVER
    | INCOMPAT_JOURNAL_DEV
    | INCOMPAT_META_BG;

/// `s_feature_ro_compat`: superblock copies in groups 0, 1 and powers of 3, 5, 7.
pub(super) const RO_COMPAT_SPARSE_SUPER: u32 = 0x1;
/// `s_feature_ro_compat`: `i_blocks` has 48 bits.
pub(super) const RO_COMPAT_HUGE_FILE: u32 = 0x8;
/// `s_feature_ro_compat`: group descriptors hold a CRC-16.
pub(super) const RO_COMPAT_GDT_CSUM: u32 = 0x10;
/// `s_feature_ro_compat`: blocks are allocated in clusters.
pub(super) const RO_COMPAT_BIGALLOC: u32 = 0x200;
/// `s_feature_ro_compat`: CRC-32C over all metadata.
pub(super) const RO_COMPAT_METADATA_CSUM: u32 = 0x400;
/// `s_feature_ro_compat`: project quota ids in inodes.
pub(super) const RO_COMPAT_PROJECT: u32 = 0x2000;
/// `s_feature_ro_compat`: files share blocks; such a volume is read-only by design (Android's system partitions).
pub(super) const RO_COMPAT_SHARED_BLOCKS: u32 = 0x4000;
/// What ext2 and ext3 know of it: sparse superblocks, large files, B-tree directories.
pub(super) const RO_COMPAT_BEFORE_EXT4: u32 = 0x7;
