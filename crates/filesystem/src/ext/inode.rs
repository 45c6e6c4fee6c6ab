//! An inode: 128 bytes and more, little-endian.

use byte_source::{OutOfBounds, Problem, Structure};
use case_model::{Times, Timestamp};

use super::crc::crc32c;
use super::feature as f;
use super::superblock::{JournalCopy, Superblock};
use crate::{Owner, RecordKind};

/// Bytes of `i_block`.
pub(super) const I_BLOCK_BYTES: usize = 60;
/// Offset of `i_block`.
pub(super) const I_BLOCK_AT: usize = 0x28;

/// `i_flags`: compressed by e2compr.
const COMPRBLK: u32 = 0x200;
/// `i_flags`: encrypted by fscrypt.
const ENCRYPT: u32 = 0x800;
/// `i_flags`: a directory with a hash index.
const INDEX: u32 = 0x1000;
/// `i_flags`: `i_blocks` counts blocks of the file system.
const HUGE_FILE: u32 = 0x4_0000;
/// `i_flags`: `i_block` holds an extent tree.
pub(super) const EXTENTS: u32 = 0x8_0000;
/// `i_flags`: protected by fs-verity.
const VERITY: u32 = 0x10_0000;
/// `i_flags`: holds the value of an extended attribute.
const EA_INODE: u32 = 0x20_0000;
/// `i_flags`: data lies in the inode.
pub(super) const INLINE_DATA: u32 = 0x1000_0000;

impl JournalCopy {
    /// The first 128 bytes of an inode that says what the copy says.
    pub(super) fn inode_bytes(&self) -> [u8; 128] {
        let mut bytes = [0; 128];
        let is_tree = self.i_block.starts_with(&[0x0a, 0xf3]);
        let flags = if is_tree { EXTENTS } else { 0 };
        let [low, high] = [self.i_size & 0xffff_ffff, self.i_size >> 32];
        let mut put = |at: usize, value: &[u8]| {
            if let Some(field) = bytes.get_mut(at..at.saturating_add(value.len())) {
                field.copy_from_slice(value);
            }
        };
        let word = |value: u64| u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
        put(0, &0x8000_u16.to_le_bytes());
        put(4, &word(low));
        put(0x20, &flags.to_le_bytes());
        put(I_BLOCK_AT, &self.i_block);
        put(0x6c, &word(high));
        bytes
    }
}

/// An inode's fields.
pub(super) struct Inode<'b> {
    pub(super) number: u64,
    pub(super) bytes: Structure<'b>,
    pub(super) i_mode: u16,
    pub(super) i_uid: u32,
    pub(super) i_gid: u32,
    /// `i_size_lo` and `i_size_high`, in bytes.
    pub(super) i_size: u64,
    pub(super) i_links_count: u16,
    /// Space in units of 512 bytes, or in blocks with the huge-file flag.
    pub(super) i_blocks: u64,
    pub(super) i_dtime: u32,
    pub(super) i_flags: u32,
    pub(super) i_block: [u8; I_BLOCK_BYTES],
    pub(super) i_generation: u32,
    /// Block of extended attributes, 0 for none.
    pub(super) i_file_acl: u64,
    /// Bytes in use past the first 128; 0 where there are none.
    pub(super) i_extra_isize: u16,
}

/// High words of fields, 0 where the file system does not have them.
struct HighWords {
    i_size: u32,
    i_blocks: u16,
    i_file_acl: u16,
}

impl HighWords {
    fn parse(
        bytes: &Structure<'_>,
        i_mode: u16,
        superblock: &Superblock,
    ) -> Result<Self, OutOfBounds> {
        let has_size = i_mode & 0xf000 != 0x4000 || superblock.incompat(f::INCOMPAT_LARGEDIR);
        let has_blocks = superblock.ro_compat(f::RO_COMPAT_HUGE_FILE);
        let has_file_acl = superblock.incompat(f::INCOMPAT_64BIT);
        Ok(Self {
            i_size: if has_size { bytes.u32_le(0x6c)? } else { 0 },
            i_blocks: if has_blocks { bytes.u16_le(0x74)? } else { 0 },
            i_file_acl: if has_file_acl { bytes.u16_le(0x76)? } else { 0 },
        })
    }
}

impl<'b> Inode<'b> {
    /// Reads the fields of an inode.
    ///
    /// # Errors
    /// When it is shorter than 128 bytes.
    pub(super) fn parse(
        bytes: Structure<'b>,
        number: u64,
        superblock: &Superblock,
    ) -> Result<Self, OutOfBounds> {
        let wide = |low: u16, high: u16| u32::from(high) << 16 | u32::from(low);
        let i_mode = bytes.u16_le(0)?;
        let high = HighWords::parse(&bytes, i_mode, superblock)?;
        Ok(Self {
            number,
            bytes,
            i_mode,
            i_uid: wide(bytes.u16_le(2)?, bytes.u16_le(0x78)?),
            i_gid: wide(bytes.u16_le(0x18)?, bytes.u16_le(0x7a)?),
            i_size: u64::from(high.i_size) << 32 | u64::from(bytes.u32_le(4)?),
            i_links_count: bytes.u16_le(0x1a)?,
            i_blocks: u64::from(high.i_blocks) << 32 | u64::from(bytes.u32_le(0x1c)?),
            i_dtime: bytes.u32_le(0x14)?,
            i_flags: bytes.u32_le(0x20)?,
            i_block: bytes.array(I_BLOCK_AT)?,
            i_generation: bytes.u32_le(0x64)?,
            i_file_acl: u64::from(high.i_file_acl) << 32 | u64::from(bytes.u32_le(0x68)?),
            i_extra_isize: if bytes.len() > 128 { bytes.u16_le(0x80)? } else { 0 },
        })
    }

    /// What the type bits of the mode say.
    pub(super) fn kind(&self) -> RecordKind {
        match self.i_mode >> 12 {
            0x1 => RecordKind::Fifo,
            0x2 => RecordKind::CharacterDevice,
            0x4 => RecordKind::Directory,
            0x6 => RecordKind::BlockDevice,
            0x8 => RecordKind::File,
            0xa => RecordKind::SymbolicLink,
            0xc => RecordKind::Socket,
            _ => RecordKind::Unknown,
        }
    }

    /// Owner.
    pub(super) fn owner(&self) -> Owner {
        Owner { uid: self.i_uid, gid: self.i_gid }
    }

    fn flag(&self, flag: u32) -> bool {
        self.i_flags & flag != 0
    }

    /// Encrypted by fscrypt?
    pub(super) fn is_encrypted(&self) -> bool {
        self.flag(ENCRYPT)
    }

    /// Has e2compr compressed it? The file system must know of compression: other programs use the flag for nothing.
    pub(super) fn is_compressed(&self, superblock: &Superblock) -> bool {
        self.flag(COMPRBLK) && superblock.incompat(f::INCOMPAT_COMPRESSION)
    }

    /// Does `i_block` hold an extent tree?
    pub(super) fn has_extents(&self) -> bool {
        self.flag(EXTENTS)
    }

    /// Does the data lie in the inode?
    pub(super) fn has_inline_data(&self) -> bool {
        self.flag(INLINE_DATA)
    }

    /// Has the directory a hash index?
    pub(super) fn has_index(&self) -> bool {
        self.flag(INDEX)
    }

    /// Protected by fs-verity?
    pub(super) fn has_verity(&self) -> bool {
        self.flag(VERITY)
    }

    /// Does it hold the value of an extended attribute?
    pub(super) fn is_attribute_value(&self) -> bool {
        self.flag(EA_INODE)
    }

    /// Space in bytes.
    pub(super) fn space(&self, block_bytes: u64) -> u64 {
        let unit = if self.flag(HUGE_FILE) { block_bytes } else { 512 };
        self.i_blocks.saturating_mul(unit)
    }

    /// A field past the first 128 bytes, when `i_extra_isize` says that it is in use.
    pub(super) fn extra(&self, at: usize) -> Option<u32> {
        let end = at.checked_add(4)?.checked_sub(128)?;
        if end > usize::from(self.i_extra_isize) { None } else { self.bytes.u32_le(at).ok() }
    }

    /// Modified, accessed, changed, created; deleted when `deleted`.
    pub(super) fn times(&self, deleted: bool) -> Times {
        let time = |seconds: usize, extra: usize| {
            let seconds = self.bytes.u32_le(seconds).ok()?;
            Some(match self.extra(extra) {
                Some(extra) => Timestamp::unix_extra(seconds, extra),
                None => Timestamp::unix_seconds(seconds),
            })
        };
        let i_crtime = self.extra(0x90).and_then(|_| time(0x90, 0x94));
        Times {
            modified: time(0x10, 0x88),
            accessed: time(0x8, 0x8c),
            changed: time(0xc, 0x84),
            created: i_crtime,
            deleted: (deleted && self.i_dtime != 0).then(|| Timestamp::unix_seconds(self.i_dtime)),
        }
    }

    /// The first register of the checksums of this inode's blocks; `None` without `metadata_csum`.
    pub(super) fn checksum_seed(&self, superblock: &Superblock) -> Option<u32> {
        let number = u32::try_from(self.number).unwrap_or(u32::MAX).to_le_bytes();
        let seed = superblock.checksum_seed()?;
        Some(crc32c(crc32c(seed, &number), &self.i_generation.to_le_bytes()))
    }

    /// Compares `i_checksum`.
    pub(super) fn checksum_problem(&self, superblock: &Superblock) -> Option<Problem> {
        let seed = self.checksum_seed(superblock)?;
        let all = self.bytes.all();
        let stored_low = self.bytes.u16_le(0x7c).ok()?;
        let register = crc32c(crc32c(crc32c(seed, all.get(..0x7c)?), &[0, 0]), all.get(0x7e..128)?);
        if all.len() > 128 && self.i_extra_isize >= 4 {
            // The high half lies past the first 128 bytes, where there is room for it.
            let high = self.bytes.u16_le(0x82).ok()?;
            let register =
                crc32c(crc32c(crc32c(register, all.get(128..0x82)?), &[0, 0]), all.get(0x84..)?);
            let stored = u32::from(high) << 16 | u32::from(stored_low);
            return self.bytes.wrong_checksum("i_checksum", stored, register);
        }
        let computed = crc32c(register, all.get(128..)?) & 0xffff;
        self.bytes.wrong_checksum("i_checksum", stored_low, computed)
    }
}
