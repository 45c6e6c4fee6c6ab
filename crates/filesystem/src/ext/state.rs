//! Is an inode in use? Its own fields say so; the inode bitmap is only asked where they contradict each other.

use byte_source::Problem;
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
    if around.reserved || around.orphan {
        return Some(used(not_in_bitmap(inode, around)));
    }
    if inode.i_mode == 0 {
        return state_without_mode(inode, around);
    }
    let has_links = inode.i_links_count > 0;
    let has_dtime = inode.i_dtime != 0;
    if has_links && !has_dtime {
        return Some(used(not_in_bitmap(inode, around)));
    }
    if !has_links && has_dtime {
        let in_bitmap = around.in_bitmap == Some(true);
        let how = term!("ext.use-inode-bitmap-but-deleted");
        return Some(unused(in_bitmap.then(|| inode.bytes.inconsistent(how))));
    }
    let how = match has_dtime {
        true => term!("ext.names-deletion-time"),
        false => term!("ext.no-names-no-deletion-time"),
    };
    let note = Some(inode.bytes.inconsistent(how).as_note());
    Some(if around.in_bitmap.unwrap_or(has_links) { used(note) } else { unused(note) })
}

/// The state of an inode whose mode is 0.
fn state_without_mode(inode: &Inode<'_>, around: Circumstances) -> Option<State> {
    if around.in_bitmap == Some(true) {
        let problem = Some(inode.bytes.inconsistent(term!("ext.use-inode-bitmap-but-mode")));
        return Some(State { allocation: Allocation::Allocated, counted: false, problem });
    }
    let note = || Some(inode.bytes.inconsistent(term!("ext.names-but-mode-0")).as_note());
    (inode.i_links_count > 0).then(|| unused(note()))
}

/// The contradiction of an inode in use that the bitmap calls free.
fn not_in_bitmap(inode: &Inode<'_>, around: Circumstances) -> Option<Problem> {
    let how = term!("ext.use-but-free-inode-bitmap");
    (around.in_bitmap == Some(false)).then(|| inode.bytes.inconsistent(how))
}

fn used(problem: Option<Problem>) -> State {
    State { allocation: Allocation::Allocated, counted: true, problem }
}

fn unused(problem: Option<Problem>) -> State {
    State { allocation: Allocation::Deleted, counted: false, problem }
}
