//! Several sources as one.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use crate::read::{inside, visit_beyond};
use crate::{Piece, Scratch, Source, Visitor};

/// Several sources one after the other: the segments of a split raw image. Pieces are placed on the whole.
pub struct Concatenation {
    parts: Vec<Part>,
    len: u64,
}

struct Part {
    start: u64,
    source: Arc<dyn Source>,
}

impl Concatenation {
    /// The parts in order. `None` when their lengths add up to more than 2^64 - 1 bytes.
    #[must_use]
    pub fn new(sources: Vec<Arc<dyn Source>>) -> Option<Self> {
        let mut len = 0_u64;
        let mut parts = Vec::with_capacity(sources.len());
        for source in sources {
            let next = len.checked_add(source.len())?;
            parts.push(Part { start: len, source });
            len = next;
        }
        Some(Self { parts, len })
    }

    /// The parts that `range` touches, with their own ranges.
    fn touched(&self, range: &Range<u64>) -> impl Iterator<Item = (&dyn Source, Range<u64>)> {
        let within = inside(range, self.len);
        self.parts
            .iter()
            .skip(self.first_part(within.start))
            .take_while(move |part| part.start < within.end)
            .map(move |part| {
                let from = range.start.saturating_sub(part.start);
                let to = range.end.saturating_sub(part.start).min(part.source.len());
                (part.source.as_ref(), from..to)
            })
    }

    fn first_part(&self, offset: u64) -> usize {
        self.parts.partition_point(|part| part.start.saturating_add(part.source.len()) <= offset)
    }
}

impl Source for Concatenation {
    fn len(&self) -> u64 {
        self.len
    }

    fn stored_len(&self) -> u64 {
        self.parts.iter().fold(0, |sum, part| sum.saturating_add(part.source.stored_len()))
    }

    fn grain(&self) -> u32 {
        self.parts.iter().map(|part| part.source.grain()).max().unwrap_or(1)
    }

    fn slice(&self, range: Range<u64>) -> Option<&[u8]> {
        let part = self.parts.get(self.first_part(range.start))?;
        part.source.slice(range.start.checked_sub(part.start)?..range.end.checked_sub(part.start)?)
    }

    fn prefetch(&self, range: Range<u64>) {
        self.touched(&range).for_each(|(source, range)| source.prefetch(range));
    }

    fn release(&self, range: Range<u64>) {
        self.touched(&range).for_each(|(source, range)| source.release(range));
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let within = inside(&range, self.len);
        for part in self.parts.iter().skip(self.first_part(within.start)) {
            if part.start >= within.end {
                break;
            }
            let from = within.start.saturating_sub(part.start);
            let to = within.end.saturating_sub(part.start).min(part.source.len());
            part.source.visit(from..to, scratch, &mut |piece| {
                each(match piece {
                    Piece::Data { bytes, at } => {
                        Piece::Data { bytes, at: at.saturating_add(part.start) }
                    }
                    other => other,
                })
            })?;
        }
        visit_beyond(&range, &within, each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BadReason, MemorySource};

    #[test]
    fn a_range_over_three_parts_comes_in_order_and_what_is_past_the_end_is_bad() {
        let parts: Vec<Arc<dyn Source>> = vec![
            Arc::new(MemorySource::new(b"abc".to_vec())),
            Arc::new(MemorySource::new(b"".to_vec())),
            Arc::new(MemorySource::new(b"defg".to_vec())),
        ];
        let whole = Concatenation::new(parts).unwrap();
        let mut bytes = Vec::new();
        let mut bad = None;
        let _ = whole.visit(1..9, &mut Scratch::new(), &mut |piece| {
            match piece {
                Piece::Data { bytes: these, at } => bytes.push((at, these.to_vec())),
                Piece::Bad(length, why) => bad = Some((length, why)),
                Piece::Zero(_) => unreachable!(),
            }
            ControlFlow::Continue(())
        });
        assert_eq!(bytes, [(1, b"bc".to_vec()), (3, b"defg".to_vec())]);
        assert_eq!(bad, Some((2, BadReason::BeyondEnd)));
    }
}
