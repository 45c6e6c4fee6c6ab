//! How much metadata may be read for one part of the inode tables.

use byte_source::{Problem, ProblemKind};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Mutex;
use words::term;

use super::volume::Volume;

/// Blocks of mappings and directories that may still be read for the inodes of one part. Every such block belongs to one inode, so
/// all inodes together need no more than the volume has; without this, inodes that share a few blocks would keep a reader busy for
/// years.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
    limit: u64,
    asked: bool,
    /// The inode that spends, and what was left when its turn came.
    turn: Exhausted,
    ran_out: Option<Exhausted>,
    /// Known from a scan of the whole part.
    foreseen: bool,
    /// Byte offsets of the blocks that the mapping of the inode takes itself.
    map_blocks: Vec<u64>,
}

/// The inode of a part for which there were too few blocks left, and how many there were. Those behind it have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted {
    inode: u64,
    left: u64,
}

/// Where the blocks ran out in each part that was scanned as a whole. `None`: the scan of this part started and did
/// not finish, for example because the reader panicked. Its inodes are then read one by one.
pub(super) type RanOut = Mutex<HashMap<u64, Option<Option<Exhausted>>>>;

impl Budget {
    /// As many blocks as the volume has, for inodes in the order of their numbers.
    pub(super) fn new(volume: &Volume) -> Self {
        let limit =
            volume.source.len().checked_div(volume.block_bytes).unwrap_or(0).saturating_add(1);
        let turn = Exhausted { inode: 0, left: limit };
        Self {
            left: limit,
            limit,
            asked: false,
            turn,
            ran_out: None,
            foreseen: false,
            map_blocks: Vec::new(),
        }
    }

    /// The same for inodes in any order, when it is known where in the part the blocks run out.
    pub(super) fn foreseen(volume: &Volume, ran_out: Option<Exhausted>) -> Self {
        Self { ran_out, foreseen: true, ..Self::new(volume) }
    }

    /// As many blocks as `left` for one inode, of as many as the volume has.
    pub(super) fn with_left(volume: &Volume, left: u64) -> Self {
        Self { left, ..Self::new(volume) }
    }

    /// How many blocks are left.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// The next to spend is this inode.
    pub(super) fn begin(&mut self, inode: u64) {
        if self.foreseen {
            self.left = match self.ran_out.map(|ran_out| (inode.cmp(&ran_out.inode), ran_out.left))
            {
                None | Some((Ordering::Less, _)) => self.limit,
                Some((Ordering::Equal, left)) => left,
                Some((Ordering::Greater, _)) => 0,
            };
        }
        self.turn = Exhausted { inode, left: self.left };
        self.map_blocks.clear();
    }

    /// Takes one block of a mapping, as [`Self::spend`] does, and remembers it: it is in use by the inode.
    ///
    /// # Errors
    /// When none is left.
    pub(super) fn spend_on_map(&mut self, structure: &'static str, at: u64) -> Result<(), Problem> {
        self.spend(structure, at)?;
        self.map_blocks.push(at);
        Ok(())
    }

    /// Returns the blocks that the mapping of the inode takes, indirect blocks or nodes of its extent tree, by their byte offsets.
    pub(super) fn take_map_blocks(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.map_blocks)
    }

    /// Takes one block, the one at byte `at`.
    ///
    /// # Errors
    /// When none is left.
    pub(super) fn spend(&mut self, structure: &'static str, at: u64) -> Result<(), Problem> {
        self.asked = true;
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            return Ok(());
        }
        self.ran_out = self.ran_out.or(Some(self.turn));
        let what = term!("ext.blocks-mappings-directories-read-one");
        Err(Problem::damage(structure, at, ProblemKind::LimitReached { what, limit: self.limit }))
    }

    /// Was it asked for any block?
    pub(super) fn was_asked(&self) -> bool {
        self.asked
    }

    /// Where the blocks ran out, if they did.
    pub(super) fn ran_out(&self) -> Option<Exhausted> {
        self.ran_out
    }
}
