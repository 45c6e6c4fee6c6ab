//! Names that lead to slots of the inode tables which their groups call never used, and the inodes that were found there.

use std::collections::{HashMap, VecDeque};

/// Names remembered of one part of a scan.
pub(super) const MOST_LEADS: usize = 1 << 18;

/// A name in use that leads to a slot which was never used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lead {
    /// The inode of the directory; 0 for the root, which nothing names.
    pub(super) directory: u64,
    /// The inode that is named.
    pub(super) child: u64,
    /// Byte offset of the name.
    pub(super) at: u64,
}

/// The leads of a scan.
#[derive(Debug, Default)]
pub(super) struct Leads {
    kept: VecDeque<Lead>,
    /// The first one that there was no room for.
    left_out: Option<Lead>,
}

impl Leads {
    /// Adds one, if there is room.
    pub(super) fn push(&mut self, lead: Lead) {
        if self.kept.len() < MOST_LEADS {
            self.kept.push_back(lead);
        } else {
            self.left_out = self.left_out.or(Some(lead));
        }
    }

    /// Takes the first one away.
    pub(super) fn pop(&mut self) -> Option<Lead> {
        self.kept.pop_front()
    }

    /// Adds all that another scan found.
    pub(super) fn append(&mut self, more: Self) {
        more.kept.into_iter().for_each(|lead| self.push(lead));
        self.left_out = self.left_out.or(more.left_out);
    }

    /// True when there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The first one that there was no room for.
    pub(super) fn left_out(&self) -> Option<Lead> {
        self.left_out
    }
}

/// An inode in use in a slot that was never used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rescue {
    /// The first directory that names it: with its names, the inode is handed over.
    pub(super) directory: u64,
    /// Blocks of mapping and names that may be read for it.
    pub(super) blocks_left: u64,
}

/// All such inodes of a file system, by number.
#[derive(Debug, Default)]
pub(super) struct Rescued {
    pub(super) inodes: HashMap<u64, Rescue>,
    /// Were there more than are read?
    pub(super) full: bool,
}
