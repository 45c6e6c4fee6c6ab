//! A source with some sectors changed: thousands of mutants of one image without a copy of it.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use byte_source::{BadReason, Piece, Scratch, Source, Visitor, index, length, read_available};

/// Bytes of a sector.
pub(super) const SECTOR: u64 = 512;

/// Changed bytes that are shown.
const MOST_SHOWN: usize = 12;

/// The original, with some sectors changed and perhaps cut off.
#[derive(Clone)]
pub(super) struct Overlay {
    original: Arc<dyn Source>,
    changed: BTreeMap<u64, Vec<u8>>,
    len: u64,
}

impl Overlay {
    pub(super) fn new(original: Arc<dyn Source>) -> Self {
        let len = original.len();
        Self { original, changed: BTreeMap::new(), len }
    }

    /// Bytes as they are now.
    pub(super) fn get(&self, at: u64, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        let _ = read_available(self, at, &mut bytes, &mut Scratch::new());
        bytes
    }

    /// Changes bytes.
    pub(super) fn put(&mut self, at: u64, bytes: &[u8]) {
        for (offset, byte) in (at..self.len).zip(bytes) {
            let number = offset / SECTOR;
            if !self.changed.contains_key(&number) {
                let sector = self.get(number * SECTOR, index(SECTOR));
                self.changed.insert(number, sector);
            }
            if let Some(sector) = self.changed.get_mut(&number) {
                sector[index(offset % SECTOR)] = *byte;
            }
        }
    }

    /// Cuts off what lies behind.
    pub(super) fn truncate(&mut self, len: u64) {
        self.len = self.len.min(len);
    }

    /// Whether a range of bytes holds anything that is not as it was.
    pub(super) fn touches(&self, range: &Range<u64>) -> bool {
        let sectors = range.start / SECTOR..range.end.div_ceil(SECTOR);
        range.end > self.len && self.len < self.original.len()
            || !sectors.is_empty() && self.changed.range(sectors).next().is_some()
    }

    /// The first bytes that are not as they were, as text for whoever judges.
    pub(super) fn differences(&self) -> String {
        let mut text = String::new();
        let mut count = 0_usize;
        for (number, sector) in &self.changed {
            let mut was = vec![0; sector.len()];
            let _ = read_available(&*self.original, number * SECTOR, &mut was, &mut Scratch::new());
            for (at, (was, is)) in
                was.iter().zip(sector).enumerate().filter(|(_, (was, is))| was != is)
            {
                count += 1;
                if count <= MOST_SHOWN {
                    text.push_str(&format!(" {}:{was:02x}>{is:02x}", number * SECTOR + length(at)));
                }
            }
        }
        format!("{count} bytes changed,{text}; {} of {} bytes left", self.len, self.original.len())
    }

    fn visit_inside(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let mut at = range.start;
        for (number, bytes) in self.changed.range(range.start / SECTOR..range.end.div_ceil(SECTOR))
        {
            let start = (number * SECTOR).max(range.start);
            let end = ((number + 1) * SECTOR).min(range.end);
            if at < start {
                self.original.visit(at..start, scratch, each)?;
            }
            let here = index(start - number * SECTOR)..index(end - number * SECTOR);
            each(Piece::Data { bytes: &bytes[here], at: start })?;
            at = end;
        }
        if at < range.end {
            self.original.visit(at..range.end, scratch, each)
        } else {
            ControlFlow::Continue(())
        }
    }
}

impl Source for Overlay {
    fn len(&self) -> u64 {
        self.len
    }

    fn grain(&self) -> u32 {
        self.original.grain()
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let start = range.start.min(self.len);
        let end = range.end.min(self.len);
        if start < end {
            self.visit_inside(start..end, scratch, each)?;
        }
        match range.end.saturating_sub(range.start) - end.saturating_sub(start) {
            0 => ControlFlow::Continue(()),
            beyond => each(Piece::Bad(beyond, BadReason::BeyondEnd)),
        }
    }
}

/// Sectors of a range of bytes.
pub(super) fn sectors(range: &Range<u64>) -> Range<u64> {
    range.start / SECTOR..range.end.div_ceil(SECTOR).max(range.start / SECTOR)
}

/// Bytes of a sector.
pub(super) fn bytes_of(sector: u64) -> Range<u64> {
    sector * SECTOR..sector.saturating_add(1).saturating_mul(SECTOR)
}

/// The length of memory as a number of bytes.
pub(super) fn bytes_in(memory: &[u8]) -> u64 {
    length(memory.len())
}
