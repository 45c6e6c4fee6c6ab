//! The log: transactions of descriptor blocks with the blocks they name, revoke blocks, and a
//! commit block at the end.

use std::collections::HashMap;

use byte_source::{Problem, ProblemKind, Scratch, Structure};
use words::term;

use super::block_tag::{BlockTag, read_tags};
use super::header::{COMMIT, DESCRIPTOR, Header, REVOKE};
use super::revoke::read_revoked;
use super::superblock::JournalSuperblock;
use crate::ext::crc::{crc32_be, crc32c};
use crate::ext::problems::Problems;
use crate::ext::volume::Volume;
use crate::{Place, Run};

/// Where the blocks of the journal lie.
pub(super) struct JournalBlocks<'j> {
    pub(super) volume: &'j Volume,
    /// Runs that have a place, with the byte offset in the journal at which they begin, ascending.
    runs: Vec<(u64, Run)>,
    bytes: u64,
}

impl<'j> JournalBlocks<'j> {
    /// The journal in these runs.
    pub(super) fn new(volume: &'j Volume, all: Vec<Run>) -> Self {
        let mut runs = Vec::with_capacity(all.len());
        let mut bytes = 0_u64;
        for run in all {
            runs.push((bytes, run));
            bytes = bytes.saturating_add(run.length);
        }
        Self { volume, runs, bytes }
    }

    /// Whole blocks.
    pub(super) fn count(&self) -> u64 {
        self.bytes.checked_div(self.volume.block_bytes).unwrap_or(0)
    }

    /// Byte offset of a block of the journal in the volume.
    ///
    /// # Errors
    /// When the journal's inode does not say.
    pub(super) fn at(&self, block: u64) -> Result<u64, Problem> {
        let wanted = self.volume.offset(block);
        let behind = self.runs.partition_point(|(start, _)| *start <= wanted);
        let run = behind.checked_sub(1).and_then(|last| self.runs.get(last));
        if let Some((start, Run { place: Place::At(at), length })) = run
            && wanted.saturating_sub(*start) < *length
        {
            return Ok(at.saturating_add(wanted.saturating_sub(*start)));
        }
        Err(Problem::damage(
            "journal",
            wanted,
            ProblemKind::Inconsistent(term!("ext.block-no-place")),
        ))
    }
}

/// A block that a committed transaction holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct LoggedBlock {
    pub(super) sequence: u32,
    pub(super) tag: BlockTag,
    /// Byte offset of its content in the volume.
    pub(super) at: u64,
}

/// What the committed transactions of a log say.
#[derive(Default)]
pub(super) struct Log {
    pub(super) transactions: u64,
    /// In the order of the log.
    pub(super) blocks: Vec<LoggedBlock>,
    /// Last transaction that revoked a block.
    pub(super) revoked: HashMap<u64, u32>,
    /// The transaction that would follow.
    pub(super) next_sequence: u32,
}

/// Blocks that one log may revoke: so many freed blocks of metadata between two checkpoints of the
/// largest journal.
const MOST_REVOKED: usize = 1 << 22;

/// A transaction whose commit block has not come yet.
struct Pending {
    blocks: Vec<LoggedBlock>,
    revoked: Vec<u64>,
    /// CRC-32 of all blocks so far, where commit blocks hold it.
    checksum: u32,
}

impl Pending {
    fn sum(&mut self, block: &[u8]) {
        self.checksum = crc32_be(self.checksum, block);
    }
}

/// Reads the log from its start to the first block that does not continue it: it was never
/// committed.
pub(super) fn read_log(
    blocks: &JournalBlocks<'_>,
    superblock: &JournalSuperblock,
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> Log {
    let mut reader = LogReader {
        blocks,
        superblock,
        next: superblock.s_start,
        left: superblock.log_end.saturating_sub(superblock.s_first),
        pending: Pending { blocks: Vec::new(), revoked: Vec::new(), checksum: !0 },
        log: Log { next_sequence: superblock.s_sequence, ..Log::default() },
    };
    while let Some(number) = reader.advance() {
        // Where a block is broken, nobody can tell whether it was committed: the log ends there, as
        // it does for the kernel.
        match problems.take(reader.block(number, scratch)) {
            Some(true) => {}
            Some(false) | None => break,
        }
    }
    reader.log
}

struct LogReader<'r> {
    blocks: &'r JournalBlocks<'r>,
    superblock: &'r JournalSuperblock,
    /// Next block of the journal.
    next: u32,
    /// Blocks of the log that were not read yet: it is a ring, and none is read twice.
    left: u32,
    pending: Pending,
    log: Log,
}

impl LogReader<'_> {
    /// The number of the next block.
    fn advance(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        let number = self.next;
        self.next = number.saturating_add(1);
        if self.next >= self.superblock.log_end {
            self.next = self.superblock.s_first;
        }
        Some(number)
    }

    fn range(&self, at: u64) -> std::ops::Range<u64> {
        at..at.saturating_add(self.blocks.volume.block_bytes)
    }

    /// Takes the block of that number; false when it does not continue the log.
    fn block(&mut self, number: u32, scratch: &mut Scratch) -> Result<bool, Problem> {
        let at = self.blocks.at(number.into())?;
        let bytes = self.blocks.volume.bytes("journal block", self.range(at), scratch)?;
        let block = Structure::new("journal block", at, &bytes);
        let header =
            Header::parse(&block).filter(|header| header.h_sequence == self.log.next_sequence);
        match header.map(|header| header.h_blocktype) {
            Some(DESCRIPTOR) => self.descriptor(&block, scratch)?,
            Some(REVOKE) => self.revoke(&block)?,
            Some(COMMIT) => self.commit(&block)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Takes the blocks that a descriptor block names: they lie behind it.
    fn descriptor(&mut self, block: &Structure<'_>, scratch: &mut Scratch) -> Result<(), Problem> {
        if !self.superblock.tail_fits(block) {
            return Err(block.inconsistent(term!("ext.descriptor-block-checksum-does-not")));
        }
        let sequence = self.log.next_sequence;
        let summed = self.superblock.has_checksums_v1();
        if summed {
            self.pending.sum(block.all());
        }
        for tag in read_tags(block, self.superblock)? {
            let Some(number) = self.advance() else {
                return Err(block.inconsistent(term!("ext.more-block-tags-log-blocks")));
            };
            let at = self.blocks.at(number.into())?;
            if summed {
                let bytes =
                    self.blocks.volume.bytes("journal data block", self.range(at), scratch)?;
                self.pending.sum(&bytes);
            }
            self.pending.blocks.push(LoggedBlock { sequence, tag, at });
        }
        Ok(())
    }

    /// Takes the blocks that a revoke block names.
    fn revoke(&mut self, block: &Structure<'_>) -> Result<(), Problem> {
        if !self.superblock.tail_fits(block) {
            return Err(block.inconsistent(term!("ext.revoke-block-checksum-does-not")));
        }
        self.pending.revoked.extend(read_revoked(block, self.superblock)?);
        check_revoked(block, self.pending.revoked.len())
    }

    /// Takes the transaction that a commit block ends.
    fn commit(&mut self, block: &Structure<'_>) -> Result<(), Problem> {
        let Self { pending, log, .. } = self;
        if !self.superblock.commit_fits(block, pending.checksum) {
            return Err(block.inconsistent(term!("ext.commit-block-checksum-does-not")));
        }
        check_revoked(block, log.revoked.len().saturating_add(pending.revoked.len()))?;
        pending.checksum = !0;
        log.blocks.append(&mut pending.blocks);
        for revoked in pending.revoked.drain(..) {
            log.revoked.insert(revoked, log.next_sequence);
        }
        log.transactions = log.transactions.saturating_add(1);
        log.next_sequence = log.next_sequence.wrapping_add(1);
        Ok(())
    }
}

/// Does the block fit its tag's checksum?
pub(super) fn checksum_fits(
    superblock: &JournalSuperblock,
    logged: &LoggedBlock,
    block: &[u8],
) -> bool {
    let Some(stored) = logged.tag.t_checksum else { return true };
    let register = crc32c(superblock.checksum_seed(), &logged.sequence.to_be_bytes());
    let mask = if superblock.has_checksums_v3() { u32::MAX } else { 0xffff };
    crc32c(register, block) & mask == stored
}

/// Checks the number of revoked blocks against the limit.
fn check_revoked(block: &Structure<'_>, count: usize) -> Result<(), Problem> {
    if count <= MOST_REVOKED {
        return Ok(());
    }
    let limit = byte_source::length(MOST_REVOKED);
    Err(block.damage(ProblemKind::LimitReached { what: term!("ext.revoked-blocks"), limit }))
}
