//! Where an inode's content lies: inline, in extents, in a block map, or closed to us.

use byte_source::{ProblemKind, Scratch, index, length};

use super::block_map::read_block_map;
use super::budget::Budget;
use super::extent_tree::read_extent_tree;
use super::inode::{I_BLOCK_AT, I_BLOCK_BYTES, Inode};
use super::problems::Problems;
use super::volume::Volume;
use super::xattr::Xattrs;
use crate::{Layout, Place, Run};

/// The layout of an inode's content, and blocks that are allocated past its end.
pub(super) struct Content {
    pub(super) layout: Layout,
    pub(super) blocks_past_end: u64,
    /// Where those are, from the end of the content's last block on.
    pub(super) past: Vec<Run>,
}

/// Finds the content of a file or directory.
pub(super) fn read_content(
    volume: &Volume,
    inode: &Inode<'_>,
    xattrs: &Xattrs,
    budget: &mut Budget,
    problems: &mut Problems,
    scratch: &mut Scratch,
) -> Content {
    if inode.has_inline_data() {
        let layout = inline_layout(volume, inode, xattrs, problems);
        return Content { layout, blocks_past_end: 0, past: Vec::new() };
    }
    let runs = if inode.has_extents() {
        read_extent_tree(volume, inode, budget, problems, scratch)
    } else {
        read_block_map(volume, inode, budget, problems, scratch)
    };
    let blocks_past_end = runs.past_end();
    let (runs, past) = runs.finish(inode.bytes.at(), problems);
    let runs = volume.fast.edit(inode.number, runs);
    Content { layout: Layout::Runs(runs), blocks_past_end, past }
}

/// The content in the inode, as long as the inode says it is.
fn inline_layout(
    volume: &Volume,
    inode: &Inode<'_>,
    xattrs: &Xattrs,
    problems: &mut Problems,
) -> Layout {
    let (mut bytes, mut runs) = inline_bytes(volume, inode, xattrs);
    let size = index(inode.i_size);
    if bytes.len() < size {
        let kind =
            ProblemKind::OutOfBounds { wanted_end: inode.i_size, available: length(bytes.len()) };
        problems.push(inode.bytes.damage(kind));
    }
    bytes.truncate(size);
    cut_runs(&mut runs, length(bytes.len()));
    Layout::Inline { bytes, runs }
}

/// Returns `i_block` with the value of `system.data` behind it, and where in the volume both are.
pub(super) fn inline_bytes(
    volume: &Volume,
    inode: &Inode<'_>,
    xattrs: &Xattrs,
) -> (Vec<u8>, Vec<Run>) {
    let mut bytes = inode.i_block.to_vec();
    let at = inode.bytes.at().saturating_add(length(I_BLOCK_AT));
    let place = |at| volume.place_in_inode(inode.number, at).unwrap_or(Place::Unknown);
    let mut runs = vec![Run { length: length(bytes.len()), place: place(at) }];
    // A file of up to 60 bytes has an empty value or none.
    if inode.i_size > length(I_BLOCK_BYTES)
        && let Some((value, at)) = &xattrs.system_data
    {
        bytes.extend_from_slice(value);
        runs.push(Run { length: length(value.len()), place: place(*at) });
    }
    (bytes, runs)
}

/// Cuts runs off behind `most` bytes.
fn cut_runs(runs: &mut Vec<Run>, most: u64) {
    let mut room = most;
    for run in runs.iter_mut() {
        run.length = run.length.min(room);
        room = room.saturating_sub(run.length);
    }
    runs.retain(|run| run.length > 0);
}

/// True when nothing of the content has a place any more.
pub(super) fn is_lost(layout: &Layout) -> bool {
    let placed = |run: &Run| !matches!(run.place, Place::Hole | Place::Unknown);
    matches!(layout, Layout::Runs(runs) if !runs.iter().any(placed))
}
