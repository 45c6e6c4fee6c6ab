//! The journal's superblock: the first block of the journal, big-endian.

use byte_source::{Expected, Problem, ProblemKind, Structure};
use words::term;

use super::header::{Header, SUPERBLOCK_V1, SUPERBLOCK_V2};
use crate::ext::crc::crc32c;

/// `s_feature_compat`: commit blocks hold a CRC-32 of their transaction.
const COMPAT_CHECKSUM: u32 = 0x1;
/// `s_feature_incompat`: block numbers of 64 bits.
const INCOMPAT_64BIT: u32 = 0x2;
/// `s_feature_incompat`: checksums, tags with 16 bits of them.
const INCOMPAT_CSUM_V2: u32 = 0x8;
/// `s_feature_incompat`: checksums, tags of 16 bytes.
const INCOMPAT_CSUM_V3: u32 = 0x10;
/// `s_feature_incompat`: fast commits behind the log.
const INCOMPAT_FAST_COMMIT: u32 = 0x20;
/// Revoke records (1), 64 bits (2), commits without a barrier (4), checksums, fast commits.
const INCOMPAT_KNOWN: u32 = 0x3f;
/// Blocks for fast commits when `s_num_fc_blks` is 0.
const DEFAULT_FAST_COMMIT_BLOCKS: u32 = 256;

/// Blocks of the shortest log beside fast commits.
const LEAST_LOG_BLOCKS: u32 = 1024;

/// A journal's superblock.
#[derive(Clone, Debug)]
pub(super) struct JournalSuperblock {
    /// First block of the log.
    pub(super) s_first: u32,
    /// Sequence number of the first transaction in the log.
    pub(super) s_sequence: u32,
    /// Block of the log where it begins; 0 when all of it was written home.
    pub(super) s_start: u32,
    /// First block past the log.
    pub(super) log_end: u32,
    /// First block past the journal, fast commits included.
    pub(super) s_maxlen: u32,
    s_feature_compat: u32,
    s_feature_incompat: u32,
    s_uuid: [u8; 16],
}

impl JournalSuperblock {
    /// Reads the superblock of a journal of `blocks` blocks of `block_bytes` bytes.
    ///
    /// # Errors
    /// The first field that makes replaying impossible.
    pub(super) fn parse(
        block: &Structure<'_>,
        blocks: u64,
        block_bytes: u64,
    ) -> Result<Self, Problem> {
        let has_features = check_version(block)?;
        let s_blocksize = u64::from(block.u32_be(0xc)?);
        if s_blocksize != block_bytes {
            return Err(block.wrong_value(
                "s_blocksize",
                Expected::Exactly(block_bytes),
                s_blocksize,
            ));
        }
        let feature = |at| if has_features { block.u32_be(at) } else { Ok(0) };
        let s_feature_incompat = feature(0x28)?;
        let unknown = s_feature_incompat & !INCOMPAT_KNOWN;
        if unknown != 0 {
            let feature = term!("ext.incompatible-feature-journal");
            return Err(block.damage(ProblemKind::Unsupported { feature, value: unknown.into() }));
        }
        let mut superblock = Self {
            s_first: block.u32_be(0x14)?,
            s_sequence: block.u32_be(0x18)?,
            s_start: block.u32_be(0x1c)?,
            log_end: block.u32_be(0x10)?,
            s_maxlen: block.u32_be(0x10)?,
            s_feature_compat: feature(0x24)?,
            s_feature_incompat,
            s_uuid: block.array(0x30)?,
        };
        superblock.check_checksum(block)?;
        superblock.check_log(block, blocks)?;
        Ok(superblock)
    }

    /// Checks where the log lies in a journal of `blocks` blocks, and leaves room for fast commits behind it.
    fn check_log(&mut self, block: &Structure<'_>, blocks: u64) -> Result<(), Problem> {
        if u64::from(self.log_end) > blocks {
            return Err(block.wrong_value(
                "s_maxlen",
                Expected::Within(0, blocks),
                self.log_end.into(),
            ));
        }
        self.leave_room_for_fast_commits(block)?;
        let first = self.s_first;
        let end = self.log_end;
        let last = u64::from(end.saturating_sub(1));
        if first == 0 || first >= end {
            return Err(block.wrong_value("s_first", Expected::Within(1, last), first.into()));
        }
        if self.s_start != 0 && !(first..end).contains(&self.s_start) {
            let expected = Expected::Within(first.into(), last);
            return Err(block.wrong_value("s_start", expected, self.s_start.into()));
        }
        Ok(())
    }

    fn check_checksum(&self, block: &Structure<'_>) -> Result<(), Problem> {
        if !self.has_checksums() {
            return Ok(());
        }
        let stored = block.u32_be(0xfc)?;
        let register = crc32c(crc32c(!0, block.bytes(0, 0xfc)?), &[0; 4]);
        let computed = crc32c(register, block.bytes(0x100, 0x300)?);
        block.wrong_checksum("s_checksum", stored, computed).map_or(Ok(()), Err)
    }

    fn leave_room_for_fast_commits(&mut self, block: &Structure<'_>) -> Result<(), Problem> {
        if self.has_fast_commits() {
            let count = match block.u32_be(0x54)? {
                0 => DEFAULT_FAST_COMMIT_BLOCKS,
                count => count,
            };
            // A log that would become shorter than the least that the kernel allows is left as it is.
            let shorter = self.log_end.saturating_sub(count);
            if shorter >= LEAST_LOG_BLOCKS {
                self.log_end = shorter;
            }
        }
        Ok(())
    }

    fn has(&self, feature: u32) -> bool {
        self.s_feature_incompat & feature != 0
    }

    /// Do block numbers have 64 bits?
    pub(super) fn is_64_bit(&self) -> bool {
        self.has(INCOMPAT_64BIT)
    }

    /// Are there checksums of version 2 or 3?
    pub(super) fn has_checksums(&self) -> bool {
        self.has(INCOMPAT_CSUM_V2 | INCOMPAT_CSUM_V3)
    }

    /// Do commit blocks hold a checksum of their whole transaction (version 1)?
    pub(super) fn has_checksums_v1(&self) -> bool {
        self.s_feature_compat & COMPAT_CHECKSUM != 0 && !self.has_checksums()
    }

    /// Are there checksums of version 3?
    pub(super) fn has_checksums_v3(&self) -> bool {
        self.has(INCOMPAT_CSUM_V3)
    }

    /// Are there checksums of version 2?
    pub(super) fn has_checksums_v2(&self) -> bool {
        self.has(INCOMPAT_CSUM_V2)
    }

    /// Is there room for fast commits behind the log?
    pub(super) fn has_fast_commits(&self) -> bool {
        self.has(INCOMPAT_FAST_COMMIT)
    }

    /// The first register of the checksums of journal blocks.
    pub(super) fn checksum_seed(&self) -> u32 {
        crc32c(!0, &self.s_uuid)
    }

    /// Is the checksum in the last 4 bytes of a descriptor or revoke block right, if there is one?
    pub(super) fn tail_fits(&self, block: &Structure<'_>) -> bool {
        if !self.has_checksums() {
            return true;
        }
        let tail = block.len().saturating_sub(4);
        let covered = block.bytes(0, tail).unwrap_or_default();
        let computed = crc32c(crc32c(self.checksum_seed(), covered), &[0; 4]);
        block.u32_be(tail) == Ok(computed)
    }

    /// Is the checksum of a commit block right, if there is one? `transaction` is the CRC-32 of all blocks before.
    pub(super) fn commit_fits(&self, block: &Structure<'_>, transaction: u32) -> bool {
        let stored = block.u32_be(0x10);
        if self.has_checksums_v1() {
            // Type and length of the checksum: CRC-32 of four bytes, or none.
            return match block.u16_be(0xc) {
                Ok(0x0104) => stored == Ok(transaction),
                kind => kind == Ok(0) && stored == Ok(0),
            };
        }
        if !self.has_checksums() {
            return true;
        }
        let Ok(before) = block.bytes(0, 0x10) else { return false };
        let Ok(after) = block.from(0x14) else { return false };
        let register = crc32c(crc32c(self.checksum_seed(), before), &[0; 4]);
        stored == Ok(crc32c(register, after))
    }
}

/// Checks that the block is a superblock. Returns whether it has fields for features (version 2).
fn check_version(block: &Structure<'_>) -> Result<bool, Problem> {
    let Some(Header { h_blocktype, .. }) = Header::parse(block) else {
        return Err(block.inconsistent(term!("ext.no-journal-header")));
    };
    match h_blocktype {
        SUPERBLOCK_V1 => Ok(false),
        SUPERBLOCK_V2 => Ok(true),
        other => Err(block.wrong_value("h_blocktype", Expected::Within(3, 4), other.into())),
    }
}
