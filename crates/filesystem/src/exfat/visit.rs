//! What stands in a directory, in use and not.

use std::ops::ControlFlow;

use byte_source::{Problem, ProblemKind, Scratch, Source};
use words::term;

use crate::Allocation;
use crate::fat::{Directory, visit_slots};

use super::entry_set::{EntrySet, Item, SetReader};
use super::file_set::FileSet;
use super::up_case_table::UpCaseTable;

/// Something that stands in a directory.
pub(super) enum Seen {
    Set(Box<Placed>),
    /// The mark that ends the directory, at this byte offset in the volume.
    End(u64),
    /// A primary entry in use other than a file's: its byte offset in the volume, and its bytes.
    Primary(u64, [u8; 32]),
    Problem(Problem),
}

/// A file's set, with what its place says of it.
pub(super) struct Placed {
    pub(super) set: FileSet,
    pub(super) allocation: Allocation,
    /// It stands behind the mark that ends the directory.
    pub(super) behind_end: bool,
}

/// Hands over what stands in `directory`. Behind its end, and in a directory that is not in use itself, sets are taken only if they
/// are whole and their checksum fits.
pub(super) fn visit_directory(
    volume: &dyn Source,
    directory: &Directory,
    up_case: &UpCaseTable,
    scratch: &mut Scratch,
    each: &mut dyn FnMut(Seen, &mut Scratch),
) {
    let mut reader = SetReader::default();
    let mut judge = Judge { is_live: directory.is_live(), ended: false, up_case };
    let mut take = |items: Vec<Item>, scratch: &mut Scratch| {
        items.into_iter().filter_map(|item| judge.judge(item)).for_each(|seen| each(seen, scratch));
    };
    let _ = visit_slots(volume, &directory.extents, scratch, &mut |slot, scratch| {
        match slot {
            Ok(slot) => take(reader.push(&slot), scratch),
            Err(problem) => {
                take(reader.flush(), scratch);
                take(vec![Item::Unreadable(problem)], scratch);
            }
        }
        ControlFlow::Continue(())
    });
    take(reader.flush(), scratch);
}

struct Judge<'a> {
    is_live: bool,
    ended: bool,
    up_case: &'a UpCaseTable,
}

impl Judge<'_> {
    fn judge(&mut self, item: Item) -> Option<Seen> {
        let certain = self.is_live && !self.ended;
        match item {
            Item::End(at) => {
                self.ended = true;
                Some(Seen::End(at))
            }
            Item::Set(set) => self.judge_set(&set, certain),
            Item::Primary(at, bytes) => certain.then_some(Seen::Primary(at, bytes)),
            Item::Stray(at) => certain.then(|| {
                let kind = ProblemKind::Inconsistent(term!("exfat.secondary-entry-use-belongs-no"));
                Seen::Problem(Problem::damage("exFAT directory entry", at, kind))
            }),
            Item::Unreadable(problem) => Some(Seen::Problem(problem)),
        }
    }

    fn judge_set(&self, set: &EntrySet, certain: bool) -> Option<Seen> {
        let in_use = certain && set.in_use;
        if !certain && !set.is_sound() {
            return None;
        }
        let understood = match FileSet::parse(set, self.up_case) {
            Ok(understood) => understood,
            Err(bounds) => return Some(Seen::Problem(bounds.into())),
        };
        // Of a deleted set there must be something left that says what it was.
        if !in_use && (understood.stream.is_none() || understood.name.is_empty()) {
            let kind = ProblemKind::Inconsistent(term!("exfat.left-deleted-set-no-name"));
            return Some(Seen::Problem(Problem::note("exFAT directory entry set", set.at, kind)));
        }
        let allocation = if in_use { Allocation::Allocated } else { Allocation::Deleted };
        let placed = Placed { set: understood, allocation, behind_end: self.ended };
        Some(Seen::Set(Box::new(placed)))
    }
}
