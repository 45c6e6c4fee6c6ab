//! The volume as blocks.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use byte_source::{Problem, ProblemKind, Scratch, Source, read_vec};

/// A volume that is read in blocks.
pub(super) struct Volume {
    pub(super) source: Arc<dyn Source>,
    pub(super) block_bytes: u64,
}

impl Volume {
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

    /// Byte offset of a block.
    pub(super) fn offset(&self, block: u64) -> u64 {
        block.saturating_mul(self.block_bytes)
    }
}
