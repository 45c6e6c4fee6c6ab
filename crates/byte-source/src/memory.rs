//! Bytes in memory as a source.

use std::ops::{ControlFlow, Range};

use crate::read::visit_slice;
use crate::{Scratch, Source, Visitor, index};

/// Bytes in memory: inline data, a decoded structure, a test image.
#[derive(Clone, Debug)]
pub struct MemorySource(Vec<u8>);

impl MemorySource {
    /// A source of these bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Source for MemorySource {
    fn len(&self) -> u64 {
        crate::length(self.0.len())
    }

    fn slice(&self, range: Range<u64>) -> Option<&[u8]> {
        self.0.get(index(range.start)..index(range.end))
    }

    fn visit(&self, range: Range<u64>, _: &mut Scratch, each: &mut Visitor<'_>) -> ControlFlow<()> {
        visit_slice(&self.0, range, each)
    }
}
