//! How much metadata may be read for one part of a scan.

use byte_source::{Problem, ProblemKind};

use super::volume::Volume;

/// Blocks of mappings and directories that may still be read. Every such block belongs to one inode, so all inodes together need
/// no more than the volume has; without this, inodes that share a few blocks would keep a reader busy for years.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
    limit: u64,
}

impl Budget {
    /// As many blocks as the volume has.
    pub(super) fn new(volume: &Volume) -> Self {
        let limit = volume.source.len().checked_div(volume.block_bytes).unwrap_or(0).saturating_add(1);
        Self { left: limit, limit }
    }

    /// Takes one block, the one at byte `at`.
    ///
    /// # Errors
    /// When none is left.
    pub(super) fn spend(&mut self, structure: &'static str, at: u64) -> Result<(), Problem> {
        let what = "blocks of mappings and directories read for one part of a scan";
        let kind = ProblemKind::LimitReached { what, limit: self.limit };
        self.left = self.left.checked_sub(1).ok_or_else(|| Problem::damage(structure, at, kind))?;
        Ok(())
    }
}
