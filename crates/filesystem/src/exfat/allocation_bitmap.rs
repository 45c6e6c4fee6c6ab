//! The allocation bitmap (spec 7.1): one bit a cluster, the first that of cluster 2.

use std::ops::ControlFlow;

use byte_source::{Piece, Problem, ProblemKind, Scratch, Source};

use crate::fat::FreeRuns;
use crate::{Stream, pump};

/// Reads the free clusters below `limit` from the bitmap's content; what it does not say is taken for in use, and a problem.
pub(super) fn read_free(
    volume: &dyn Source,
    bitmap: &Stream,
    at: u64,
    limit: u32,
    scratch: &mut Scratch,
) -> FreeRuns {
    let mut free = FreeRuns::default();
    let mut cluster = 2_u32;
    let mut fault = None;
    let _ = pump(volume, bitmap, scratch, &mut |piece| {
        match piece {
            Piece::Data { bytes, .. } => {
                bytes.iter().for_each(|byte| push_byte(&mut free, &mut cluster, *byte, limit));
            }
            Piece::Zero(count) => {
                let mut left = count;
                while left > 0 && cluster < limit {
                    push_byte(&mut free, &mut cluster, 0, limit);
                    left = left.saturating_sub(1);
                }
            }
            Piece::Bad(count, why) => {
                fault = fault.or(Some(why));
                let clusters = u32::try_from(count.saturating_mul(8)).unwrap_or(u32::MAX);
                cluster = cluster.saturating_add(clusters);
            }
        }
        if cluster < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    if let Some(why) = fault {
        free.problems.push(Problem::damage("allocation bitmap", at, ProblemKind::Unreadable(why)));
    } else if cluster < limit {
        let wanted_end = u64::from(limit).saturating_sub(2).div_ceil(8);
        let kind = ProblemKind::OutOfBounds { wanted_end, available: bitmap.size };
        free.problems.push(Problem::damage("allocation bitmap", at, kind));
    }
    free
}

fn push_byte(free: &mut FreeRuns, cluster: &mut u32, byte: u8, limit: u32) {
    for bit in 0..8 {
        if *cluster < limit && byte >> bit & 1 == 0 {
            free.push(*cluster);
        }
        *cluster = cluster.saturating_add(1);
    }
}
