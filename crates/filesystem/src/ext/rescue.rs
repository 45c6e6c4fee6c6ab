//! Reads inodes in slots which their groups call never used, where a name leads there: where a loss
//! of power kept a group descriptor and a bitmap from the medium, live files lie there.

use std::collections::HashSet;

use byte_source::{Problem, ProblemKind, Scratch, Structure, length};
use words::term;

use super::budget::Budget;
use super::inode_table::inode_at;
use super::leads::{Lead, Leads, MOST_LEADS, Rescue, Rescued};
use super::reader::Ext;
use super::scan::{Scan, Seen};
use crate::Found;

/// Inodes past the unused slots that are read of one file system.
const MOST_RESCUED: usize = 1 << 20;

impl Ext {
    /// Hands over the inodes that leads lead to, and what their names lead to in turn. A name that
    /// leads to none is told, one for each directory.
    pub(super) fn follow(
        &self,
        mut leads: Leads,
        scratch: &mut Scratch,
        each: &mut dyn FnMut(Found),
    ) {
        if leads.is_empty() {
            return;
        }
        let rescued = self.rescued(scratch);
        let mut done = HashSet::new();
        let mut told = HashSet::new();
        while let Some(lead) = leads.pop() {
            match rescued.inodes.get(&lead.child) {
                Some(rescue) if rescue.directory == lead.directory && done.insert(lead.child) => {
                    leads.append(self.scan_rescued(lead.child, *rescue, scratch, each));
                }
                None if told.insert(lead.directory) => {
                    each(Found::Problem(nothing_there(lead, rescued.full)));
                }
                _ => {}
            }
        }
        leads.left_out().into_iter().for_each(|lead| each(Found::Problem(too_many(lead))));
    }

    /// Hands over a rescued inode. Returns what its names lead to.
    fn scan_rescued(
        &self,
        number: u64,
        rescue: Rescue,
        scratch: &mut Scratch,
        each: &mut dyn FnMut(Found),
    ) -> Leads {
        let mut budget = Budget::with_left(&self.volume, rescue.blocks_left);
        let mut leads = Leads::default();
        self.scan_past_unused(
            number,
            &mut Scan { budget: &mut budget, scratch, leads: &mut leads, each },
        );
        leads
    }

    /// Returns how an inode was found to be in use in a slot that was never used; `None` when it
    /// was not.
    pub(super) fn rescue_of(&self, number: u64, scratch: &mut Scratch) -> Option<Rescue> {
        let asked = self.was_never_used(number, scratch) && self.proves_itself(number, scratch);
        if asked { self.rescued(scratch).inodes.get(&number).copied() } else { None }
    }

    /// The inodes in use in slots that were never used. To find them all, all directories are read
    /// once more: only when one is damaged.
    fn rescued(&self, scratch: &mut Scratch) -> &Rescued {
        self.rescued.get_or_init(|| self.find_rescued(scratch))
    }

    fn find_rescued(&self, scratch: &mut Scratch) -> Rescued {
        let mut found = Rescued::default();
        // One for all: inodes that share their blocks must not keep a reader busy.
        let mut budget = Budget::new(&self.volume);
        let last = u64::from(self.volume.superblock.s_inodes_count).saturating_sub(1);
        for part in 0..=self.part_of(last) {
            let mut of_part = Budget::new(&self.volume);
            let mut leads = Leads::default();
            let each = &mut |_| {};
            let mut scan = Scan { budget: &mut of_part, scratch, leads: &mut leads, each };
            self.scan_range(self.slots_of(part), &mut scan);
            self.take_rescued(leads, &mut budget, &mut found, scratch);
            if found.full {
                break;
            }
        }
        found
    }

    /// Takes the inodes that leads lead to, and those that their names lead to in turn.
    fn take_rescued(
        &self,
        mut leads: Leads,
        budget: &mut Budget,
        found: &mut Rescued,
        scratch: &mut Scratch,
    ) {
        while let Some(Lead { directory, child, .. }) = leads.pop() {
            if found.inodes.contains_key(&child) || !self.proves_itself(child, scratch) {
                continue;
            }
            if found.inodes.len() >= MOST_RESCUED {
                found.full = true;
                return;
            }
            found.inodes.insert(child, Rescue { directory, blocks_left: budget.left() });
            let mut more = Leads::default();
            self.scan_past_unused(
                child,
                &mut Scan { budget, scratch, leads: &mut more, each: &mut |_| {} },
            );
            leads.append(more);
        }
    }

    /// Hands over the inode in a slot that was never used.
    fn scan_past_unused(&self, number: u64, scan: &mut Scan<'_>) {
        let at = match inode_at(&self.volume, &self.groups, number) {
            Ok(at) => at,
            Err(problem) => return scan.report(problem),
        };
        let end = at.saturating_add(self.volume.superblock.s_inode_size.into());
        let bytes = match self.volume.bytes("inode", at..end, scan.scratch) {
            Ok(bytes) => bytes.into_owned(),
            Err(problem) => return scan.report(problem),
        };
        let inode = Structure::new("inode", at, &bytes);
        let in_bitmap = self.bit_of(number, scan.scratch);
        let seen = Seen { inode, number, in_bitmap, past_unused: self.past_unused(number) };
        self.scan_inode(&seen, scan);
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

/// The problem of more names than are remembered; `lead` is the first that is left out.
fn too_many(lead: Lead) -> Problem {
    let what = term!("ext.names-one-part-scan-lead");
    let kind = ProblemKind::LimitReached { what, limit: length(MOST_LEADS) };
    Problem::damage("directory entry", lead.at, kind)
}
