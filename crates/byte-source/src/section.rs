//! A range of another source.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use crate::read::{inside, visit_beyond};
use crate::{Scratch, Source, Visitor};

/// A range of another source: a partition of a medium. Pieces keep their place on the medium.
#[derive(Clone)]
pub struct Section {
    inner: Arc<dyn Source>,
    start: u64,
    len: u64,
}

impl Section {
    /// The bytes of `range`; the part past the end of `inner` is kept and reads as bad.
    #[must_use]
    pub fn new(inner: Arc<dyn Source>, range: Range<u64>) -> Self {
        let len = range.end.saturating_sub(range.start);
        Self { inner, start: range.start, len }
    }

    fn outer(&self, range: &Range<u64>) -> Range<u64> {
        self.start.saturating_add(range.start)..self.start.saturating_add(range.end)
    }
}

impl Source for Section {
    fn len(&self) -> u64 {
        self.len
    }

    fn grain(&self) -> u32 {
        self.inner.grain()
    }

    fn slice(&self, range: Range<u64>) -> Option<&[u8]> {
        if range.end > self.len {
            return None;
        }
        self.inner.slice(self.outer(&range))
    }

    fn prefetch(&self, range: Range<u64>) {
        self.inner.prefetch(self.outer(&inside(&range, self.len)));
    }

    fn release(&self, range: Range<u64>) {
        self.inner.release(self.outer(&inside(&range, self.len)));
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let within = inside(&range, self.len);
        self.inner.visit(self.outer(&within), scratch, each)?;
        visit_beyond(&range, &within, each)
    }
}
