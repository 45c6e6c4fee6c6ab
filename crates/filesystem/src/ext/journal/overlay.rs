//! A volume some of whose blocks are read from its journal.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use byte_source::{Piece, Scratch, Source, Visitor};

use super::header::MAGIC;

/// Where a block is read instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Substitute {
    /// Byte offset in the volume.
    pub(super) at: u64,
    /// The first four bytes are the journal's magic number, whatever lies there.
    pub(super) escaped: bool,
}

/// The volume as it is after the journal has been replayed. Nothing is copied: pieces keep their place in the journal.
pub(super) struct Overlay {
    inner: Arc<dyn Source>,
    block_bytes: u64,
    blocks: Arc<BTreeMap<u64, Substitute>>,
}

impl Overlay {
    /// The volume `inner` with these of its blocks replaced.
    pub(super) fn new(
        inner: Arc<dyn Source>,
        block_bytes: u64,
        blocks: Arc<BTreeMap<u64, Substitute>>,
    ) -> Self {
        Self { inner, block_bytes: block_bytes.max(1), blocks }
    }

    fn block_of(&self, offset: u64) -> u64 {
        offset.checked_div(self.block_bytes).unwrap_or(0)
    }

    /// Replaced blocks that reach into the range, with the bytes they stand for.
    fn replaced(&self, range: &Range<u64>) -> impl Iterator<Item = (Range<u64>, Substitute)> {
        let last = self.block_of(range.end.saturating_sub(1));
        let blocks = if range.is_empty() {
            0..0
        } else {
            self.block_of(range.start)..last.saturating_add(1)
        };
        self.blocks.range(blocks).map(|(block, substitute)| {
            let start = block.saturating_mul(self.block_bytes);
            (start..start.saturating_add(self.block_bytes), *substitute)
        })
    }

    /// Visits a part of a replaced block.
    fn visit_substitute(
        &self,
        part: Range<u64>,
        substitute: Substitute,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let magic = MAGIC.to_be_bytes();
        let mut from = part.start;
        if substitute.escaped && from < 4 {
            let to = part.end.min(4);
            let bytes =
                magic.get(byte_source::index(from)..byte_source::index(to)).unwrap_or_default();
            // These bytes stand in no place of the medium: the journal has zeros instead.
            each(Piece::Data { bytes, at: u64::MAX })?;
            from = to;
        }
        if from >= part.end {
            return ControlFlow::Continue(());
        }
        let at = substitute.at;
        self.inner.visit(at.saturating_add(from)..at.saturating_add(part.end), scratch, each)
    }
}

impl Source for Overlay {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn grain(&self) -> u32 {
        self.inner.grain()
    }

    fn slice(&self, range: Range<u64>) -> Option<&[u8]> {
        let Some((block, substitute)) = self.replaced(&range).next() else {
            return self.inner.slice(range);
        };
        let within = block.start <= range.start && range.end <= block.end;
        if !within || range.end > self.len() || substitute.escaped {
            return None;
        }
        let at = |offset: u64| substitute.at.saturating_add(offset.saturating_sub(block.start));
        self.inner.slice(at(range.start)..at(range.end))
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let mut at = range.start;
        let inside = range.start..range.end.min(self.len());
        for (block, substitute) in self.replaced(&inside) {
            if at < block.start {
                self.inner.visit(at..block.start, scratch, each)?;
                at = block.start;
            }
            let end = block.end.min(inside.end);
            let part = at.saturating_sub(block.start)..end.saturating_sub(block.start);
            self.visit_substitute(part, substitute, scratch, each)?;
            at = end;
        }
        if at < range.end {
            self.inner.visit(at..range.end, scratch, each)
        } else {
            ControlFlow::Continue(())
        }
    }
}

#[cfg(test)]
mod tests {
    use byte_source::{MemorySource, read_available};

    use super::*;

    #[test]
    fn replaced_blocks_come_from_the_journal_and_the_rest_from_its_place() {
        let inner = Arc::new(MemorySource::new((0..64).collect()));
        let substitute = |at, escaped| Substitute { at, escaped };
        let blocks =
            [(1, substitute(32, false)), (2, substitute(48, true)), (9, substitute(0, false))];
        let overlay = Overlay::new(inner, 8, Arc::new(blocks.into_iter().collect()));
        let mut bytes = [0; 28];
        let (good, fault) = read_available(&overlay, 6, &mut bytes, &mut Scratch::new());
        assert_eq!((good, fault), (28, None));
        let expected: Vec<u8> = [6, 7]
            .into_iter()
            .chain(32..40)
            .chain([0xc0, 0x3b, 0x39, 0x98, 52, 53, 54, 55])
            .chain(24..34)
            .collect();
        assert_eq!(bytes.as_slice(), expected);
        assert_eq!(overlay.slice(9..12), Some([33, 34, 35].as_slice()));
        assert_eq!(overlay.slice(15..17), None);
        assert_eq!(overlay.slice(24..32), Some((24..32).collect::<Vec<u8>>().as_slice()));
        let (good, _) = read_available(&overlay, 60, &mut bytes, &mut Scratch::new());
        assert_eq!(good, 4, "nothing grows behind the end of the volume");
        assert_eq!(read_available(&overlay, 18, &mut bytes[..1], &mut Scratch::new()), (1, None));
        assert_eq!(bytes[0], 0x39);
    }
}
