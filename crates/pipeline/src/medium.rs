//! The medium's own digests: every byte in order, once.

use std::ops::ControlFlow;

use byte_source::{BadReason, Piece, Scratch, Source};
use case_model::Digests;
use hash_engine::{Selection, StreamHasher};

/// Bytes that are visited at once, so that progress can be told.
const STEP_BYTES: u64 = 8 << 20;
/// Unreadable ranges that are kept one by one; what lies beyond is joined to the last.
const MAX_RANGES: usize = 100_000;

/// What reading a medium gave.
pub(crate) struct MediumResult {
    /// Digests; of zeros in the place of unreadable ranges.
    pub(crate) digests: Digests,
    /// First byte, length, why.
    pub(crate) unreadable: Vec<(u64, u64, String)>,
}

/// Reads a whole medium.
pub(crate) fn read_medium(medium: &dyn Source, selection: Selection, advanced: &dyn Fn(u64)) -> MediumResult {
    let mut hasher = StreamHasher::new(selection);
    let mut scratch = Scratch::new();
    let mut unreadable: Vec<(u64, u64, BadReason)> = Vec::new();
    let mut at = 0;
    while at < medium.len() {
        let end = at.saturating_add(STEP_BYTES).min(medium.len());
        let mut position = at;
        let _ = medium.visit(at..end, &mut scratch, &mut |piece| {
            match piece {
                Piece::Data { bytes, .. } => hasher.update(bytes),
                Piece::Zero(count) => hasher.update_zeros(count),
                Piece::Bad(count, why) => {
                    hasher.update_zeros(count);
                    join(&mut unreadable, position, count, why);
                }
            }
            position = position.saturating_add(piece.len());
            ControlFlow::Continue(())
        });
        advanced(end - at);
        at = end;
    }
    let unreadable =
        unreadable.into_iter().map(|(start, length, why)| (start, length, why.to_string())).collect();
    MediumResult { digests: hasher.finish(), unreadable }
}

fn join(ranges: &mut Vec<(u64, u64, BadReason)>, start: u64, count: u64, why: BadReason) {
    let full = ranges.len() >= MAX_RANGES;
    if let Some((first, length, last_why)) = ranges.last_mut()
        && (full || (*last_why == why && first.saturating_add(*length) == start))
    {
        *length = start.saturating_add(count).saturating_sub(*first);
        return;
    }
    ranges.push((start, count, why));
}
