//! A file with changes in front of it.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use byte_source::{Piece, Scratch, Source, Visitor};

use crate::bounds::{inside, visit_beyond};

/// A file as it is after changes that are kept in memory.
pub(super) struct Overlay {
    file: Arc<dyn Source>,
    len: u64,
    /// The changed ranges by their beginning, without overlaps: end, and bytes or zeros.
    changed: BTreeMap<u64, (u64, Bytes)>,
}

/// The bytes of a changed range; `None` for zeros.
type Bytes = Option<Box<[u8; 4096]>>;

impl Overlay {
    /// `file` without changes, `len` bytes long at least: what it lacks is zero.
    pub(super) fn new(file: Arc<dyn Source>, len: u64) -> Self {
        let len = file.len().max(len);
        Self { file, len, changed: BTreeMap::new() }
    }

    /// Makes `range` zero.
    pub(super) fn zero(&mut self, range: Range<u64>) {
        self.change(range, None);
    }

    /// Puts `bytes` at byte `at`. Sectors are only ever replaced as a whole.
    pub(super) fn data(&mut self, at: u64, bytes: Box<[u8; 4096]>) {
        let end = at.saturating_add(byte_source::length(bytes.len()));
        self.change(at..end, Some(bytes));
    }

    /// Cuts what begins before a byte and reaches behind it: that can only be zeros, since sectors are aligned.
    fn cut_at(&mut self, at: u64) {
        if let Some((before, (end, _))) = self.changed.range(..at).next_back()
            && *end > at
        {
            let before = *before;
            let end = *end;
            self.changed.insert(before, (at, None));
            self.changed.insert(at, (end, None));
        }
    }

    fn change(&mut self, range: Range<u64>, bytes: Bytes) {
        if range.is_empty() {
            return;
        }
        self.cut_at(range.start);
        let covered: Vec<u64> =
            self.changed.range(range.clone()).map(|(start, _)| *start).collect();
        for start in covered {
            if let Some((end, _)) = self.changed.remove(&start).filter(|(end, _)| *end > range.end)
            {
                self.changed.insert(range.end, (end, None));
            }
        }
        self.changed.insert(range.start, (range.end, bytes));
    }

    /// The change that holds byte `at`: where it begins, where it ends, its bytes.
    fn at(&self, at: u64) -> Option<(u64, u64, Option<&[u8]>)> {
        let (start, (end, bytes)) = self.changed.range(..=at).next_back()?;
        (*end > at).then_some((*start, *end, bytes.as_ref().map(|bytes| bytes.as_slice())))
    }

    /// Where the next change behind byte `at` begins.
    fn next(&self, at: u64) -> u64 {
        self.changed.range(at..).next().map_or(u64::MAX, |(start, _)| *start)
    }

    /// Hands over bytes of the file that are not changed.
    fn visit_file(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let within = inside(&range, self.file.len());
        if !within.is_empty() {
            self.file.visit(within.clone(), scratch, each)?;
        }
        match range.end.saturating_sub(range.start.max(within.end)) {
            0 => ControlFlow::Continue(()),
            beyond => each(Piece::Zero(beyond)),
        }
    }
}

impl Source for Overlay {
    fn len(&self) -> u64 {
        self.len
    }

    fn slice(&self, range: Range<u64>) -> Option<&[u8]> {
        let changed = self.at(range.start).is_some() || self.next(range.start) < range.end;
        if changed || range.end > self.file.len() { None } else { self.file.slice(range) }
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let within = inside(&range, self.len);
        let mut at = within.start;
        while at < within.end {
            let end = match self.at(at) {
                None => {
                    let end = self.next(at).min(within.end);
                    self.visit_file(at..end, scratch, each)?;
                    end
                }
                Some((start, end, bytes)) => {
                    let end = end.min(within.end);
                    each(piece(bytes, start, at..end))?;
                    end
                }
            };
            at = end;
        }
        visit_beyond(&range, &within, each)
    }
}

/// Returns the piece of a range that lies in changed bytes, which begin at `start`; without bytes there are zeros.
fn piece(bytes: Option<&[u8]>, start: u64, range: Range<u64>) -> Piece<'_> {
    let count = range.end.saturating_sub(range.start);
    let bytes = bytes.and_then(|bytes| part(bytes, range.start.saturating_sub(start), count));
    bytes.map_or(Piece::Zero(count), |bytes| Piece::Data { bytes, at: range.start })
}

/// Returns so many bytes of a piece, from one of them on.
fn part(bytes: &[u8], from: u64, count: u64) -> Option<&[u8]> {
    let from = byte_source::index(from);
    bytes.get(from..from.saturating_add(byte_source::index(count)))
}

#[cfg(test)]
mod tests {
    use byte_source::{MemorySource, read_vec};

    use super::*;

    /// A slow model: the changes made to a vector.
    #[test]
    fn later_changes_win_wherever_they_overlap() {
        let file: Vec<u8> = (0..40_960_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let mut seed = 7_u64;
        let mut below = |end: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % end
        };
        for _ in 0..200 {
            let mut overlay = Overlay::new(Arc::new(MemorySource::new(file.clone())), 65_536);
            let mut model = file.clone();
            model.resize(65_536, 0);
            for step in 0..12 {
                let start = below(15) * 4096;
                let from = start as usize;
                if below(2) == 0 {
                    let end = (start + (1 + below(8)) * 4096).min(65_536);
                    overlay.zero(start..end);
                    model[from..end as usize].fill(0);
                } else {
                    overlay.data(start, Box::new([step; 4096]));
                    model[from..from + 4096].fill(step);
                }
            }
            assert!(read_vec(&overlay, 0, 65_536, &mut Scratch::new()).unwrap() == model);
            let from = below(60_000);
            let count = below(5000);
            let part = read_vec(&overlay, from, count, &mut Scratch::new()).unwrap();
            assert!(part == model[from as usize..(from + count) as usize]);
        }
    }
}
