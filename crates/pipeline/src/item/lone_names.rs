//! Names without a record: rows of their own, and what is wrong with those in use.

use byte_source::{Problem, ProblemKind};
use case_store::{
    DELETED_NAME_ALONE, DELETED_NAME_UNKNOWN_RECORD, DirectoryId, EntryRow, NAME_IN_USE_ALONE,
};
use evidence::{DeletedName, OnMedium, readable_link};
use filesystem::{Allocation, Link, RecordRef};
use words::{Term, term};

use crate::item::rows::allocation_key;

/// Names in use without a record that are told one by one, of each file system. The index has all of them.
const MOST_TOLD: u64 = 64;

/// Counts names in use without a record.
#[derive(Default)]
pub(crate) struct InUseAlone {
    count: u64,
}

impl InUseAlone {
    /// Returns what is wrong with a name: a name in use has lost its file. Behind the limit, the limit itself, once.
    pub(crate) fn problem(&mut self, name: &DeletedName) -> Option<Problem> {
        if name.link.allocation != Allocation::Allocated {
            return None;
        }
        self.count = self.count.saturating_add(1);
        let kind = match self.count.checked_sub(MOST_TOLD) {
            None | Some(0) => ProblemKind::Inconsistent(term!("scan.use-but-record-names-not")),
            Some(1) => ProblemKind::LimitReached {
                what: term!("scan.names-use-without-record-told"),
                limit: MOST_TOLD,
            },
            Some(_) => return None,
        };
        Some(Problem::damage("directory entry", name.link.at, kind))
    }
}

/// Returns the row of a name alone: what it names, or named, is not known.
pub(crate) fn name_alone_row(
    name: &DeletedName,
    directories: &[DirectoryId],
    medium: &OnMedium<'_>,
) -> EntryRow {
    let link = &name.link;
    let directory = directories.get(name.directory).copied().unwrap_or(DirectoryId::NONE);
    EntryRow {
        number: link.child.number,
        generation: link.child.generation.unwrap_or(0),
        name: link.name.clone(),
        encoding: link.encoding,
        readable: readable_link(link),
        orphan: name.orphan,
        at: medium.at(link.at),
        times: link.times.as_deref().copied().unwrap_or_default(),
        rule: Some(rule(link).into()),
        ..EntryRow::without_content("unknown", allocation_key(link.allocation), directory)
    }
}

/// Returns what became of the record that a name alone stands for.
fn rule(link: &Link) -> Term {
    match link.allocation {
        Allocation::Allocated => NAME_IN_USE_ALONE,
        Allocation::Deleted if link.child == RecordRef::UNKNOWN_CHILD => {
            DELETED_NAME_UNKNOWN_RECORD
        }
        Allocation::Deleted => DELETED_NAME_ALONE,
    }
}
