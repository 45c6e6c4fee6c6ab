//! The volume as blocks, with the superblock that says how many.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source, read_vec};

use super::fast_commits::FastCommits;
use super::journal::Replaced;
use super::superblock::Superblock;
use crate::Place;

/// A volume with an ext file system.
pub(super) struct Volume {
    pub(super) source: Arc<dyn Source>,
    pub(super) block_bytes: u64,
    pub(super) superblock: Superblock,
    /// What the journal's fast commits change.
    pub(super) fast: FastCommits,
    /// What the journal's transactions replace.
    pub(super) replaced: Replaced,
}

impl Volume {
    /// The file system of this superblock on `source`.
    pub(super) fn new(source: Arc<dyn Source>, superblock: Superblock) -> Self {
        Self {
            source,
            block_bytes: superblock.block_bytes.into(),
            superblock,
            fast: FastCommits::default(),
            replaced: Replaced::default(),
        }
    }

    /// The bytes of `range`, borrowed where the source is in memory. `structure` names them in the problem.
    ///
    /// # Errors
    /// Why they cannot all be read.
    pub(super) fn bytes(
        &self,
        structure: &'static str,
        range: Range<u64>,
        scratch: &mut Scratch,
    ) -> Result<Cow<'_, [u8]>, Problem> {
        if let Some(bytes) = self.source.slice(range.clone()) {
            return Ok(Cow::Borrowed(bytes));
        }
        let count = range.end.saturating_sub(range.start);
        read_vec(&*self.source, range.start, count, scratch)
            .map(Cow::Owned)
            .map_err(|why| Problem::damage(structure, range.start, ProblemKind::Unreadable(why)))
    }

    /// One block.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) fn block(
        &self,
        structure: &'static str,
        block: u64,
        scratch: &mut Scratch,
    ) -> Result<Cow<'_, [u8]>, Problem> {
        let at = self.offset(block);
        self.bytes(structure, at..at.saturating_add(self.block_bytes), scratch)
    }

    /// Does this block lie inside the volume? In one that was cut off, not all do.
    pub(super) fn has(&self, block: u64) -> bool {
        self.offset(block).saturating_add(self.block_bytes) <= self.source.len()
    }

    /// Returns where bytes of an inode are that lie at byte `at`: there, or in the journal. `None` for an inode that fast commits
    /// put together of several places.
    pub(super) fn place_in_inode(&self, inode: u64, at: u64) -> Option<Place> {
        self.fast.inode(inode).is_none().then(|| self.replaced.place(at))
    }

    /// Byte offset of a block.
    pub(super) fn offset(&self, block: u64) -> u64 {
        block.saturating_mul(self.block_bytes)
    }
}
