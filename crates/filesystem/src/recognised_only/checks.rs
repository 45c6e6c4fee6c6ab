//! Formats whose magic is too short to be believed alone: what else must hold.

use byte_source::{OutOfBounds, Scratch, Source, Structure, read_exact};

/// Byte offset of the superblock of ext, Minix and HFS.
const SECOND_KILOBYTE: u64 = 1024;
/// Byte offset of the superblock of JFS.
const JFS_SUPERBLOCK_AT: u64 = 32_768;
/// `s_feature_incompat` of an external journal.
const JOURNAL_DEV: u32 = 0x8;
/// Sizes of a memory page in bytes on the machines that Linux runs on.
const PAGE_SIZES: [u64; 5] = [4096, 8192, 16_384, 32_768, 65_536];
/// What stands in the last ten bytes of the first page: swap of both versions, and what hibernation
/// puts there.
const SWAP_SIGNATURES: [&[u8]; 5] =
    [b"SWAPSPACE2", b"SWAP-SPACE", b"S1SUSPEND\0", b"S2SUSPEND\0", b"LINHIB0001"];

/// Reads 512 bytes at `at` and asks `check`; what cannot be read is not recognised.
fn holds(
    volume: &dyn Source,
    at: u64,
    scratch: &mut Scratch,
    check: fn(&Structure<'_>) -> Result<bool, OutOfBounds>,
) -> bool {
    let mut bytes = [0; 512];
    read_exact(volume, at, &mut bytes, scratch).is_ok()
        && check(&Structure::new("superblock", at, &bytes)).unwrap_or(false)
}

pub(super) fn hfs_plus(volume: &dyn Source, scratch: &mut Scratch) -> bool {
    holds(volume, SECOND_KILOBYTE, scratch, |header| {
        let direct = matches!(header.bytes(0, 4)?, b"H+\0\x04" | b"HX\0\x05");
        Ok(direct || (is_hfs(header)? && wraps_hfs_plus(header)?))
    })
}

pub(super) fn hfs(volume: &dyn Source, scratch: &mut Scratch) -> bool {
    holds(volume, SECOND_KILOBYTE, scratch, |block| Ok(is_hfs(block)? && !wraps_hfs_plus(block)?))
}

/// Signature `BD`, allocation blocks of whole sectors.
fn is_hfs(block: &Structure<'_>) -> Result<bool, OutOfBounds> {
    let block_bytes = block.u32_be(20)?;
    Ok(block.bytes(0, 2)? == b"BD" && block_bytes > 0 && block_bytes.is_multiple_of(512))
}

/// `drEmbedSigWord` (TN1150, "HFS Wrapper").
fn wraps_hfs_plus(block: &Structure<'_>) -> Result<bool, OutOfBounds> {
    Ok(matches!(block.bytes(124, 2)?, b"H+" | b"HX"))
}

/// `s_magic`, and `s_bsize` is two to the power of `s_l2bsize`, `s_pbsize` of `s_l2pbsize`.
pub(super) fn jfs(volume: &dyn Source, scratch: &mut Scratch) -> bool {
    holds(volume, JFS_SUPERBLOCK_AT, scratch, |superblock| {
        let is_power = |size: u32, log: u16| 1_u32.checked_shl(log.into()) == Some(size);
        Ok(superblock.bytes(0, 4)? == b"JFS1"
            && is_power(superblock.u32_le(16)?, superblock.u16_le(20)?)
            && is_power(superblock.u32_le(24)?, superblock.u16_le(28)?))
    })
}

/// The magic, and maps that are large enough for the inodes and zones they stand for. Byte order is
/// that of the machine that wrote it.
pub(super) fn minix(volume: &dyn Source, scratch: &mut Scratch) -> bool {
    holds(volume, SECOND_KILOBYTE, scratch, |superblock| {
        let little = minix_fields(superblock, Structure::u16_le, Structure::u32_le)?;
        let big = minix_fields(superblock, Structure::u16_be, Structure::u32_be)?;
        Ok(little.is_some_and(|fields| fields.are_possible())
            || big.is_some_and(|fields| fields.are_possible()))
    })
}

/// What the superblock of Minix counts.
struct MinixFields {
    inodes: u64,
    zones: u64,
    inode_map_blocks: u64,
    zone_map_blocks: u64,
    first_data_zone: u64,
    log_zone_size: u64,
    block_bytes: u64,
}

impl MinixFields {
    fn are_possible(&self) -> bool {
        let bits = |blocks: u64| blocks.saturating_mul(self.block_bytes).saturating_mul(8);
        self.inodes > 0
            && self.zones > self.first_data_zone
            && self.first_data_zone >= 4
            && self.log_zone_size == 0
            && bits(self.inode_map_blocks) > self.inodes
            && bits(self.zone_map_blocks) >= self.zones.saturating_sub(self.first_data_zone)
    }
}

type Read<'a, 'b, T> = fn(&'a Structure<'b>, usize) -> Result<T, OutOfBounds>;

/// The fields in one byte order; `None` when no magic is there. Versions 1 and 2, each with names
/// of 14 or 30 bytes, and version 3.
fn minix_fields<'a, 'b>(
    superblock: &'a Structure<'b>,
    short: Read<'a, 'b, u16>,
    long: Read<'a, 'b, u32>,
) -> Result<Option<MinixFields>, OutOfBounds> {
    let zones = match short(superblock, 16)? {
        0x137f | 0x138f => u64::from(short(superblock, 2)?),
        0x2468 | 0x2478 => u64::from(long(superblock, 20)?),
        _ => return minix_3_fields(superblock, short, long),
    };
    Ok(Some(MinixFields {
        inodes: short(superblock, 0)?.into(),
        zones,
        inode_map_blocks: short(superblock, 4)?.into(),
        zone_map_blocks: short(superblock, 6)?.into(),
        first_data_zone: short(superblock, 8)?.into(),
        log_zone_size: short(superblock, 10)?.into(),
        block_bytes: 1024,
    }))
}

/// The fields of version 3; `None` when its magic is not there.
fn minix_3_fields<'a, 'b>(
    superblock: &'a Structure<'b>,
    short: Read<'a, 'b, u16>,
    long: Read<'a, 'b, u32>,
) -> Result<Option<MinixFields>, OutOfBounds> {
    if short(superblock, 24)? != 0x4d5a {
        return Ok(None);
    }
    Ok(Some(MinixFields {
        inodes: long(superblock, 0)?.into(),
        zones: long(superblock, 20)?.into(),
        inode_map_blocks: short(superblock, 6)?.into(),
        zone_map_blocks: short(superblock, 8)?.into(),
        first_data_zone: short(superblock, 10)?.into(),
        log_zone_size: short(superblock, 12)?.into(),
        block_bytes: short(superblock, 28)?.into(),
    }))
}

/// Magic 0xEF53 and no incompatible feature but `JOURNAL_DEV`.
pub(super) fn ext_journal(volume: &dyn Source, scratch: &mut Scratch) -> bool {
    holds(volume, SECOND_KILOBYTE, scratch, |superblock| {
        Ok(superblock.u16_le(56)? == 0xef53 && superblock.u32_le(96)? & JOURNAL_DEV != 0)
    })
}

pub(super) fn linux_swap(volume: &dyn Source, scratch: &mut Scratch) -> bool {
    PAGE_SIZES.into_iter().any(|page| {
        let mut found = [0; 10];
        let at = page.saturating_sub(10);
        read_exact(volume, at, &mut found, scratch).is_ok()
            && SWAP_SIGNATURES.iter().any(|signature| *signature == found)
    })
}
