//! The 32-byte slots of a directory, read from its extents.

use std::ops::{ControlFlow, Range};

use byte_source::{
    BadReason, Problem, ProblemKind, Scratch, Source, Structure, index, length, read_exact,
};

/// Bytes of a directory entry, of FAT and exFAT.
pub(crate) const SLOT_BYTES: usize = 32;
/// Bytes of a directory that are read at once.
const BLOCK_BYTES: u64 = 64 << 10;
/// What stays unreadable of a damaged block.
const SECTOR_BYTES: u64 = 512;
const STRUCTURE: &str = "directory entry";

/// What stands in a directory: a slot of 32 bytes, or a range that could not be read.
pub(crate) type Slot<'a> = Result<Structure<'a>, Problem>;

/// Hands over the slots of a directory in order until it is done or told to stop.
pub(crate) fn visit_slots(
    volume: &dyn Source,
    extents: &[Range<u64>],
    scratch: &mut Scratch,
    each: &mut dyn FnMut(Slot<'_>, &mut Scratch) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut block = Vec::new();
    for extent in extents {
        let mut at = extent.start;
        while at < extent.end {
            let count = extent.end.saturating_sub(at).min(BLOCK_BYTES);
            visit_block(volume, at, count, &mut block, scratch, each)?;
            at = at.saturating_add(count);
        }
    }
    ControlFlow::Continue(())
}

fn visit_block(
    volume: &dyn Source,
    at: u64,
    count: u64,
    block: &mut Vec<u8>,
    scratch: &mut Scratch,
    each: &mut dyn FnMut(Slot<'_>, &mut Scratch) -> ControlFlow<()>,
) -> ControlFlow<()> {
    block.clear();
    block.resize(index(count), 0);
    if read_exact(volume, at, block, scratch).is_ok() {
        return each_slot(block, at, scratch, each);
    }
    let mut start = at;
    for sector in block.chunks_mut(index(SECTOR_BYTES)) {
        match read_exact(volume, start, sector, scratch) {
            Ok(()) => each_slot(sector, start, scratch, each)?,
            Err(BadReason::BeyondEnd) => {
                // The rest of the block is past the end too: one problem says so.
                return each(Err(unreadable(start, BadReason::BeyondEnd)), scratch);
            }
            Err(why) => each(Err(unreadable(start, why)), scratch)?,
        }
        start = start.saturating_add(length(sector.len()));
    }
    ControlFlow::Continue(())
}

fn each_slot(
    bytes: &[u8],
    at: u64,
    scratch: &mut Scratch,
    each: &mut dyn FnMut(Slot<'_>, &mut Scratch) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for (number, slot) in (0_u64..).zip(bytes.chunks_exact(SLOT_BYTES)) {
        let here = at.saturating_add(number.saturating_mul(length(SLOT_BYTES)));
        each(Ok(Structure::new(STRUCTURE, here, slot)), scratch)?;
    }
    ControlFlow::Continue(())
}

fn unreadable(at: u64, why: BadReason) -> Problem {
    Problem::damage("directory sector", at, ProblemKind::Unreadable(why))
}
