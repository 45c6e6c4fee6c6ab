//! Names that lead to slots of the inode tables which were never used by their groups: where a loss of power kept a group descriptor
//! and a bitmap from the medium, live files lie there.

use std::collections::{HashMap, HashSet, VecDeque};

use byte_source::{Problem, ProblemKind, Scratch, Structure, length};
use words::term;

use super::budget::Budget;
use super::file_system::Ext;
use super::inode_table::inode_at;
use super::scan::Seen;
use crate::Found;

/// Names remembered of one part of a scan.
const MOST_LEADS: usize = 1 << 18;
/// Inodes past the unused slots that are read of one file system.
const MOST_RESCUED: usize = 1 << 20;

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

    /// Adds all that another scan found.
    fn append(&mut self, more: Self) {
        more.kept.into_iter().for_each(|lead| self.push(lead));
        self.left_out = self.left_out.or(more.left_out);
    }
}

/// An inode in use in a slot that was never used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rescue {
    /// The first directory that names it: with its names, the inode is handed over.
    directory: u64,
    /// Blocks of mapping and names that may be read for it.
    pub(super) blocks_left: u64,
}

/// All such inodes of a file system, by number.
#[derive(Debug, Default)]
pub(super) struct Rescued {
    inodes: HashMap<u64, Rescue>,
    /// Were there more than [`MOST_RESCUED`]?
    full: bool,
}

impl Ext {
    /// Hands over the inodes that leads lead to, and what their names lead to in turn. A name that leads to none is told, one for each
    /// directory.
    pub(super) fn follow(&self, mut leads: Leads, scratch: &mut Scratch, each: &mut dyn FnMut(Found)) {
        if leads.kept.is_empty() {
            return;
        }
        let rescued = self.rescued(scratch);
        let (mut done, mut told) = (HashSet::new(), HashSet::new());
        while let Some(lead) = leads.kept.pop_front() {
            let Some(rescue) = rescued.inodes.get(&lead.child) else {
                if told.insert(lead.directory) {
                    each(Found::Problem(nothing_there(lead, rescued.full)));
                }
                continue;
            };
            if rescue.directory == lead.directory && done.insert(lead.child) {
                let mut budget = Budget::with_left(&self.volume, rescue.blocks_left);
                let mut more = Leads::default();
                self.scan_past_unused(lead.child, &mut budget, scratch, &mut more, each);
                leads.append(more);
            }
        }
        if let Some(lead) = leads.left_out {
            let what = term!("ext.names-one-part-scan-lead");
            let kind = ProblemKind::LimitReached { what, limit: length(MOST_LEADS) };
            each(Found::Problem(Problem::damage("directory entry", lead.at, kind)));
        }
    }

    /// Returns how an inode was found to be in use in a slot that was never used; `None` when it was not.
    pub(super) fn rescue_of(&self, number: u64, scratch: &mut Scratch) -> Option<Rescue> {
        let asked = self.was_never_used(number, scratch) && self.proves_itself(number, scratch);
        if asked { self.rescued(scratch).inodes.get(&number).copied() } else { None }
    }

    /// The inodes in use in slots that were never used. To find them all, all directories are read once more: only when one is damaged.
    fn rescued(&self, scratch: &mut Scratch) -> &Rescued {
        self.rescued.get_or_init(|| self.find_rescued(scratch))
    }

    fn find_rescued(&self, scratch: &mut Scratch) -> Rescued {
        let mut found = Rescued::default();
        // One for all: inodes that share their blocks must not keep a reader busy.
        let mut budget = Budget::new(&self.volume);
        let last = u64::from(self.volume.superblock.s_inodes_count).saturating_sub(1);
        for part in 0..=self.part_of(last) {
            let (mut of_part, mut leads) = (Budget::new(&self.volume), Leads::default());
            self.scan_range(self.slots_of(part), &mut of_part, scratch, &mut leads, &mut |_| {});
            while let Some(Lead { directory, child, .. }) = leads.kept.pop_front() {
                if found.inodes.contains_key(&child) || !self.proves_itself(child, scratch) {
                    continue;
                }
                if found.inodes.len() >= MOST_RESCUED {
                    found.full = true;
                    return found;
                }
                found.inodes.insert(child, Rescue { directory, blocks_left: budget.left() });
                let mut more = Leads::default();
                self.scan_past_unused(child, &mut budget, scratch, &mut more, &mut |_| {});
                leads.append(more);
            }
        }
        found
    }

    /// Hands over the inode in a slot that was never used.
    fn scan_past_unused(
        &self,
        number: u64,
        budget: &mut Budget,
        scratch: &mut Scratch,
        leads: &mut Leads,
        each: &mut dyn FnMut(Found),
    ) {
        let at = match inode_at(&self.volume, &self.groups, number) {
            Ok(at) => at,
            Err(problem) => return each(Found::Problem(problem)),
        };
        let end = at.saturating_add(self.volume.superblock.s_inode_size.into());
        let bytes = match self.volume.bytes("inode", at..end, scratch) {
            Ok(bytes) => bytes.into_owned(),
            Err(problem) => return each(Found::Problem(problem)),
        };
        let inode = Structure::new("inode", at, &bytes);
        let in_bitmap = self.bit_of(number, scratch);
        let seen = Seen { inode, number, in_bitmap, past_unused: self.past_unused(number) };
        self.scan_inode(&seen, budget, scratch, leads, each);
    }
}

/// The problem of a name that leads to a slot without an inode in use.
fn nothing_there(lead: Lead, full: bool) -> Problem {
    let kind = if full {
        let what = term!("ext.inodes-read-slots-were-never");
        ProblemKind::LimitReached { what, limit: length(MOST_RESCUED) }
    } else if lead.directory == 0 {
        ProblemKind::Inconsistent(term!("ext.root-directory-inode-never-used"))
    } else {
        ProblemKind::Inconsistent(term!("ext.names-inode-group-descriptor-says"))
    };
    let structure = if lead.directory == 0 { "superblock" } else { "directory entry" };
    Problem::damage(structure, lead.at, kind)
}
