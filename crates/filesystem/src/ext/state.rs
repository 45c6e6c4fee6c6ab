//! Is an inode in use? Its own fields say so; the inode bitmap is only asked where they contradict each other.

use byte_source::{Problem, ProblemKind};
use words::term;

use super::inode::Inode;
use crate::Allocation;

/// What is known of an inode besides its fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    /// Below `s_first_ino`.
    pub(super) reserved: bool,
    /// On the orphan list or in the orphan file.
    pub(super) orphan: bool,
    /// The inode bitmap's bit; `None` when it cannot be read.
    pub(super) in_bitmap: Option<bool>,
}

/// What follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) allocation: Allocation,
    /// In use by its own fields.
    pub(super) counted: bool,
    /// A contradiction.
    pub(super) problem: Option<Problem>,
}

/// The state of an inode; `None` for one that was never used or holds nothing any more.
pub(super) fn state_of(inode: &Inode<'_>, around: Circumstances) -> Option<State> {
    let problem = |how| Some(inode.bytes.damage(ProblemKind::Inconsistent(how)));
    let note = |how| problem(how).map(Problem::as_note);
    let used = |problem| Some(State { allocation: Allocation::Allocated, counted: true, problem });
    let unused = |problem| Some(State { allocation: Allocation::Deleted, counted: false, problem });
    let missing = around.in_bitmap == Some(false);
    let not_in_bitmap = || missing.then(|| problem(term!("ext.use-but-free-inode-bitmap"))).flatten();
    if around.reserved || around.orphan {
        return used(not_in_bitmap());
    }
    match (inode.i_mode != 0, inode.i_links_count > 0, inode.i_dtime != 0) {
        (true, true, false) => used(not_in_bitmap()),
        (true, false, true) if around.in_bitmap == Some(true) => {
            unused(problem(term!("ext.use-inode-bitmap-but-deleted")))
        }
        (true, false, true) => unused(None),
        (true, links, dtime) => {
            let by_bitmap = around.in_bitmap.unwrap_or(links);
            let how =
                if dtime { term!("ext.names-deletion-time") } else { term!("ext.no-names-no-deletion-time") };
            if by_bitmap { used(note(how)) } else { unused(note(how)) }
        }
        (false, _, _) if around.in_bitmap == Some(true) => {
            let how = term!("ext.use-inode-bitmap-but-mode");
            Some(State { allocation: Allocation::Allocated, counted: false, problem: problem(how) })
        }
        (false, true, _) => unused(note(term!("ext.names-but-mode-0"))),
        (false, false, _) => None,
    }
}
