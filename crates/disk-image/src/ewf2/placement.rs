//! Which chunks no sector table holds, and why.

use byte_source::{BadReason, Problem};
use words::term;

use super::sector_table::SectorTable;
use crate::ewf::placed::{Hole, Placed};
use crate::problems::inconsistent;

const NAME: &str = "EWF2 sector table";

/// A sector table and the segment file it stands in.
pub(super) struct Found {
    /// Index of the segment file.
    pub(super) file: usize,
    /// Its number.
    pub(super) segment: u32,
    pub(super) table: SectorTable,
}

/// Where every chunk's table is.
pub(super) struct Placement {
    /// By the number of their first chunk, without overlaps.
    pub(super) tables: Vec<Placed<SectorTable>>,
    /// The chunks that no table holds, in their order.
    pub(super) holes: Vec<Hole>,
    /// Chunks in all.
    pub(super) chunks: u64,
}

/// Puts the tables in the order of their chunks. `total` is how many chunks there should be, 0 when that is not known; `missing` the numbers
/// of the segment files that are not there, in order.
pub(super) fn place(
    mut found: Vec<Found>,
    total: u64,
    missing: &[u32],
    problems: &mut Vec<Problem>,
) -> Placement {
    found.sort_by_key(|found| found.table.first);
    let mut placement = Placement { tables: Vec::new(), holes: Vec::new(), chunks: 0 };
    let mut next = 0_u64;
    let mut segment = 1_u32;
    let reason = |from: u32, to: u32| {
        let mut gone = missing.iter().filter(|number| (from..=to).contains(*number));
        gone.next()
            .map_or(BadReason::LayoutEnds, |number| BadReason::MissingSegment { number: *number })
    };
    for Found { file, segment: own, table } in found {
        let mut problem = |how| problems.push(inconsistent(NAME, 0, how));
        if table.first < next {
            problem(term!("ewf2.two-tables-hold-same-chunks"));
        }
        if total > 0 && table.first > next && table.first >= total {
            problem(term!("ewf2.table-begins-behind-last-chunk"));
            continue;
        }
        let table = table.from(next);
        if table.end() <= next {
            continue;
        }
        if table.first > next {
            placement.holes.push(Hole {
                first: next,
                end: table.first,
                reason: reason(segment, own),
            });
        }
        (next, segment) = (table.end(), own);
        placement.tables.push(Placed { first: table.first, file, table });
    }
    if next < total {
        placement.holes.push(Hole { first: next, end: total, reason: reason(segment, u32::MAX) });
    }
    let known =
        placement.holes.iter().all(|hole| matches!(hole.reason, BadReason::MissingSegment { .. }));
    if !known {
        problems.push(inconsistent(NAME, 0, term!("ewf2.tables-hold-fewer-chunks-medium")));
    }
    placement.chunks = next.max(total);
    placement
}
