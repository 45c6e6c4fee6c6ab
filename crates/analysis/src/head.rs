//! The start of a stream, gathered from its pieces.

use byte_source::Piece;

use crate::MAX_HEAD_BYTES;

static ZEROS: [u8; MAX_HEAD_BYTES] = [0; MAX_HEAD_BYTES];

/// The start of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'h> {
    /// The bytes: as many as were asked for, unless the stream or its readable start is shorter.
    pub bytes: &'h [u8],
    /// True when the byte that follows cannot be read. What comes after it is not the start.
    pub is_cut: bool,
}

impl<'h> Head<'h> {
    /// Returns the head of an analyser that asked for `most` bytes.
    pub(crate) fn first(self, most: usize) -> Self {
        match self.bytes.get(..most) {
            Some(bytes) => Self { bytes, is_cut: false },
            None => self,
        }
    }
}

/// Gathers the start of a stream. A piece that has all of it is lent, not copied.
#[derive(Debug)]
pub(crate) struct HeadGatherer {
    /// Bytes to gather; `None` when that is done.
    wanted: Option<usize>,
    bytes: Vec<u8>,
}

impl HeadGatherer {
    /// Gathers `wanted` bytes; none at all for `None`.
    pub(crate) fn new(wanted: Option<usize>) -> Self {
        Self { wanted, bytes: Vec::new() }
    }

    /// Continues with bytes that were gathered before.
    pub(crate) fn after(wanted: Option<usize>, bytes: Vec<u8>) -> Self {
        Self { wanted, bytes }
    }

    /// Returns the bytes so far; `None` when no more are wanted.
    pub(crate) fn gathered(&self) -> Option<&[u8]> {
        self.wanted.map(|_| self.bytes.as_slice())
    }

    /// Takes the next piece of the stream and calls `done` when the head is whole.
    pub(crate) fn take(&mut self, piece: Piece<'_>, done: impl FnOnce(Head<'_>)) {
        let Some(wanted) = self.wanted else { return };
        let room = wanted.saturating_sub(self.bytes.len());
        let next = match piece {
            Piece::Data { bytes, .. } => bytes.get(..room).unwrap_or(bytes),
            Piece::Zero(count) => {
                let count = usize::try_from(count).unwrap_or(usize::MAX).min(room);
                ZEROS.get(..count).unwrap_or(&ZEROS)
            }
            Piece::Bad(..) => return self.end(true, done),
        };
        if self.bytes.is_empty() && next.len() == wanted {
            self.wanted = None;
            return done(Head { bytes: next, is_cut: false });
        }
        self.bytes.reserve_exact(room);
        self.bytes.extend_from_slice(next);
        if self.bytes.len() >= wanted {
            self.end(false, done);
        }
    }

    /// Ends the head with what there is, unless it is done.
    pub(crate) fn end(&mut self, is_cut: bool, done: impl FnOnce(Head<'_>)) {
        if self.wanted.take().is_some() {
            let bytes = std::mem::take(&mut self.bytes);
            done(Head { bytes: &bytes, is_cut });
        }
    }
}

#[cfg(test)]
mod tests {
    use byte_source::BadReason;

    use super::*;

    fn gathered(wanted: usize, pieces: &[Piece<'_>]) -> Option<(Vec<u8>, bool)> {
        let mut gatherer = HeadGatherer::new(Some(wanted));
        let mut head = None;
        for piece in pieces {
            gatherer.take(*piece, |whole| head = Some((whole.bytes.to_vec(), whole.is_cut)));
        }
        gatherer.end(false, |whole| head = Some((whole.bytes.to_vec(), whole.is_cut)));
        head
    }

    fn data(bytes: &[u8]) -> Piece<'_> {
        Piece::Data { bytes, at: 0 }
    }

    #[test]
    fn the_head_ends_at_the_wanted_byte_at_the_end_or_before_what_is_missing() {
        let bad = Piece::Bad(3, BadReason::LayoutEnds);
        let whole = Some((b"ab\0\0c".to_vec(), false));
        assert_eq!(gathered(5, &[data(b"ab"), Piece::Zero(2), data(b"cd")]), whole);
        assert_eq!(gathered(9, &[data(b"ab"), Piece::Zero(2), data(b"c")]), whole);
        assert_eq!(gathered(9, &[data(b"ab"), bad, data(b"c")]), Some((b"ab".to_vec(), true)));
        assert_eq!(gathered(9, &[bad, data(b"c")]), Some((Vec::new(), true)));
        assert_eq!(gathered(2, &[data(b"ab"), bad]), Some((b"ab".to_vec(), false)));
        assert_eq!(gathered(4, &[Piece::Zero(1 << 60)]), Some((vec![0; 4], false)));
    }

    #[test]
    fn a_piece_that_has_the_whole_head_is_lent() {
        let bytes = vec![7; 10_000];
        let mut lent = false;
        let mut gatherer = HeadGatherer::new(Some(8192));
        gatherer.take(data(&bytes), |head| lent = std::ptr::eq(head.bytes, &bytes[..8192]));
        assert!(lent);
    }

    #[test]
    fn an_analyser_that_wants_less_is_not_told_of_what_lacks_behind() {
        let head = Head { bytes: b"abc", is_cut: true };
        assert_eq!(head.first(3), Head { bytes: b"abc", is_cut: false });
        assert_eq!(head.first(4), head);
    }
}
