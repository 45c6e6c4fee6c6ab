//! Ranges against the length of a source.

use std::ops::{ControlFlow, Range};

use byte_source::{BadReason, Piece, Visitor};

/// The part of `range` that lies within `0..len`.
pub(crate) fn inside(range: &Range<u64>, len: u64) -> Range<u64> {
    let start = range.start.min(len);
    start..range.end.clamp(start, len)
}

/// Hands over what of `range` lies past its part `within` as bad.
pub(crate) fn visit_beyond(
    range: &Range<u64>,
    within: &Range<u64>,
    each: &mut Visitor<'_>,
) -> ControlFlow<()> {
    let wanted = range.end.saturating_sub(range.start);
    match wanted.saturating_sub(within.end.saturating_sub(within.start)) {
        0 => ControlFlow::Continue(()),
        beyond => each(Piece::Bad(beyond, BadReason::BeyondEnd)),
    }
}
