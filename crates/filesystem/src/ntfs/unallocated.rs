//! Unallocated clusters by `$Bitmap` (record 6), one bit a cluster, the lowest bit of a byte first.

use std::ops::{ControlFlow, Range};

use byte_source::{Piece, Problem, ProblemKind, Scratch, Source};

use super::boot_sector::BootSector;
use crate::{Stream, pump};

/// Hands over the clusters whose bit in `bitmap` is clear as byte ranges, ascending, merged.
/// Clusters without a bit, or whose bit cannot be read, count as allocated; that is reported.
pub(super) fn visit(
    volume: &dyn Source,
    boot: &BootSector,
    bitmap: &Stream,
    scratch: &mut Scratch,
    each: &mut dyn FnMut(Range<u64>),
) -> Vec<Problem> {
    let mut free = Free { boot, volume_bytes: volume.len(), next: 0, start: None, each };
    let mut problems = Vec::new();
    let _ = pump(volume, bitmap, scratch, &mut |piece| {
        problems.extend(free.piece(&piece));
        if free.next >= boot.clusters() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let covered = free.next.min(boot.clusters());
    free.end();
    problems.extend(length_problem(boot, covered));
    problems
}

/// The damage of a bitmap that covers fewer clusters than there are.
fn length_problem(boot: &BootSector, covered: u64) -> Option<Problem> {
    let clusters = boot.clusters();
    let kind =
        ProblemKind::OutOfBounds { wanted_end: clusters.div_ceil(8), available: covered / 8 };
    (covered < clusters).then(|| Problem::damage("$Bitmap", 0, kind))
}

struct Free<'a> {
    boot: &'a BootSector,
    volume_bytes: u64,
    /// Next cluster.
    next: u64,
    /// First cluster of the free run that `next` may continue.
    start: Option<u64>,
    each: &'a mut dyn FnMut(Range<u64>),
}

impl Free<'_> {
    /// Takes a piece of the bitmap; a bad one is a problem.
    fn piece(&mut self, piece: &Piece<'_>) -> Option<Problem> {
        match *piece {
            Piece::Data { bytes, .. } => bytes.iter().for_each(|byte| self.byte(*byte)),
            Piece::Zero(count) => self.many(count, true),
            Piece::Bad(count, reason) => {
                let at = self.boot.cluster_at(self.next);
                self.many(count, false);
                return Some(Problem::damage("$Bitmap", at, ProblemKind::Unreadable(reason)));
            }
        }
        None
    }
    fn byte(&mut self, byte: u8) {
        match byte {
            0 => self.many(1, true),
            0xff => self.many(1, false),
            _ => (0..8).for_each(|bit| self.clusters(1, byte >> bit & 1 == 0)),
        }
    }

    /// So many bytes of the bitmap that say the same.
    fn many(&mut self, bytes: u64, is_free: bool) {
        self.clusters(bytes.saturating_mul(8), is_free);
    }

    fn clusters(&mut self, count: u64, is_free: bool) {
        let count = count.min(self.boot.clusters().saturating_sub(self.next));
        if count == 0 {
            return;
        }
        match (is_free, self.start) {
            (true, None) => self.start = Some(self.next),
            (false, Some(_)) => self.end(),
            _ => {}
        }
        self.next = self.next.saturating_add(count);
    }

    fn end(&mut self) {
        if let Some(start) = self.start.take() {
            let end = self.boot.cluster_at(self.next).min(self.volume_bytes);
            let start = self.boot.cluster_at(start);
            if start < end {
                (self.each)(start..end);
            }
        }
    }
}
