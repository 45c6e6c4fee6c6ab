//! The allocation bitmap (spec 7.1): one bit a cluster, the first that of cluster 2.

use std::ops::ControlFlow;

use byte_source::{BadReason, Piece, Problem, ProblemKind, Scratch, Source};

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
    let mut bits = Bits { free: FreeRuns::default(), cluster: 2, limit };
    let mut fault = None;
    let _ = pump(volume, bitmap, scratch, &mut |piece| {
        fault = fault.or(bits.piece(&piece));
        if bits.cluster < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let Bits { mut free, cluster, .. } = bits;
    if let Some(why) = fault {
        free.problems.push(Problem::damage("allocation bitmap", at, ProblemKind::Unreadable(why)));
    } else if cluster < limit {
        let wanted_end = u64::from(limit).saturating_sub(2).div_ceil(8);
        let kind = ProblemKind::OutOfBounds { wanted_end, available: bitmap.size };
        free.problems.push(Problem::damage("allocation bitmap", at, kind));
    }
    free
}

/// The bits of the bitmap as they are read.
struct Bits {
    free: FreeRuns,
    /// The cluster of the next bit.
    cluster: u32,
    limit: u32,
}

impl Bits {
    /// Takes a piece of the bitmap. Returns why a bad one is bad: its clusters count as in use.
    fn piece(&mut self, piece: &Piece<'_>) -> Option<BadReason> {
        match *piece {
            Piece::Data { bytes, .. } => bytes.iter().for_each(|byte| self.byte(*byte)),
            Piece::Zero(count) => {
                let mut left = count;
                while left > 0 && self.cluster < self.limit {
                    self.byte(0);
                    left = left.saturating_sub(1);
                }
            }
            Piece::Bad(count, why) => {
                let clusters = u32::try_from(count.saturating_mul(8)).unwrap_or(u32::MAX);
                self.cluster = self.cluster.saturating_add(clusters);
                return Some(why);
            }
        }
        None
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        for bit in 0..8 {
            if self.cluster < self.limit && byte >> bit & 1 == 0 {
                self.free.push(self.cluster);
            }
            self.cluster = self.cluster.saturating_add(1);
        }
    }
}
