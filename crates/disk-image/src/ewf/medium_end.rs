//! Where the medium ends: the sector count says it, the last chunk knows it.

use crate::problems::inconsistent;
use byte_source::Problem;
use words::term;

/// What the stated length of a medium counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Whole sectors of so many bytes.
    Sectors(u32),
    /// Bytes: the medium of logical evidence.
    Bytes,
}

/// The last chunk that a table holds.
pub(super) struct LastChunk {
    /// Byte offset on the medium of its first byte.
    pub(super) start: u64,
    /// Bytes of a chunk.
    pub(super) chunk_bytes: u64,
    /// Where it ends on the medium, and whether it holds nothing but zeros behind the stated end; `None` when it cannot be decoded.
    pub(super) found: Option<(u64, bool)>,
}

/// Length of the medium in bytes, and what is wrong with the stated one. `chunks` is how many there are.
pub(super) fn find(
    stated: u64,
    counted: Counted,
    chunks: u64,
    last: &LastChunk,
) -> (u64, Option<Problem>) {
    const NAME: &str = "EWF volume section";
    let problem = |how| inconsistent(NAME, 0, how);
    let Some((end, zeros)) = last.found else {
        let plausible = chunks == 0 || stated > last.start;
        let how = term!("ewf.sector-count-ends-before-last");
        let chunk_end = last.start.saturating_add(last.chunk_bytes);
        return if plausible { (stated, None) } else { (chunk_end, Some(problem(how))) };
    };
    let sector = match counted {
        Counted::Sectors(bytes) => u64::from(bytes),
        Counted::Bytes if stated > 0 && end >= stated => return (stated, None),
        Counted::Bytes => 1,
    };
    let extra = end.saturating_sub(stated);
    if stated == 0 && end > 0 {
        (end, Some(problem(term!("ewf.sector-count-0-acquisition-broken"))))
    } else if end < stated {
        (stated, Some(problem(term!("ewf.chunks-end-before-sector-count"))))
    } else if extra > 0 && extra < sector {
        (end, Some(problem(term!("ewf.medium-does-not-end-sector")).as_note()))
    } else if extra > 0 && zeros {
        (stated, Some(problem(term!("ewf.last-chunk-filled-up-zeros")).as_note()))
    } else if extra > 0 {
        (end, Some(problem(term!("ewf.chunks-go-behind-last-sector"))))
    } else {
        (stated, None)
    }
}
