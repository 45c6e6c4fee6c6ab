//! What every target asks of a source: whole, in order, without gaps, and the same again.

use std::ops::ControlFlow;
use std::sync::Arc;

use byte_source::{Problem, Scratch, Source};

/// Bytes that are visited of one medium or stream.
const MOST_BYTES: u64 = 4 << 20;
/// Pieces that are looked at of one medium or stream.
const MOST_PIECES: u32 = 20_000;

/// Visits the beginning, the end, and a range past the end of a medium.
pub(crate) fn medium(source: &Arc<dyn Source>, scratch: &mut Scratch) {
    let len = source.len();
    assert!(source.grain() > 0, "a grain of nothing");
    for start in [0, len / 2, len.saturating_sub(MOST_BYTES / 8), len.saturating_sub(1), len] {
        let end = start.saturating_add(MOST_BYTES / 8);
        let mut bytes = 0_u64;
        let mut pieces = 0;
        let flow = source.visit(start..end, scratch, &mut |piece| {
            assert!(!piece.is_empty(), "an empty piece at {bytes}");
            bytes += piece.len();
            pieces += 1;
            if pieces < MOST_PIECES { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        assert!(bytes <= end - start, "{bytes} bytes of {start}..{end}");
        assert!(flow.is_break() || bytes == end - start, "{bytes} bytes of {start}..{end}");
    }
}

/// Every problem can be told.
pub(crate) fn problems(problems: &[Problem]) {
    for problem in problems.iter().take(100) {
        assert!(!problem.to_string().is_empty());
    }
}

/// Counts the bytes of a stream until there were enough; `None` when they did not come to their end.
#[derive(Default)]
pub(crate) struct Meter {
    bytes: u64,
    pieces: u32,
}

impl Meter {
    pub(crate) fn take(&mut self, piece: &byte_source::Piece<'_>) -> ControlFlow<()> {
        assert!(!piece.is_empty(), "an empty piece");
        self.bytes =
            self.bytes.checked_add(piece.len()).expect("a stream has less than 2^64 bytes");
        self.pieces += 1;
        let data = matches!(piece, byte_source::Piece::Data { .. });
        match self.pieces < MOST_PIECES && (!data || self.bytes < MOST_BYTES) {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}
