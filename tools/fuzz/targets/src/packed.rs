//! Images as a few sectors: what a fuzzer can change, without the megabytes of nothing between them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, PoisonError};

use byte_source::{
    BadReason, MemorySource, Piece, Scratch, Source, Visitor, index, length, read_available,
};

use crate::checksums;

/// Bytes of a sector.
pub(crate) const SECTOR: usize = 512;
/// Bytes of a packed sector: its number, and its bytes.
pub(crate) const RECORD: usize = 4 + SECTOR;
/// Bytes of the length that stands first.
pub(crate) const HEAD: usize = 8;
/// Bytes of an image at most: a target must not spend its time on what is not there.
pub const MOST_BYTES: u64 = 64 << 20;
/// Bytes of an image whose checksums are repaired, at most: it is unpacked for that.
const MOST_REPAIRED_BYTES: u64 = 4 << 20;

/// The medium that an input packs. Every second input that is not large has its checksums repaired: a fuzzer does not find them.
pub(crate) fn source(input: &[u8]) -> Arc<dyn Source> {
    let packed = Packed::new(input);
    if input.len().is_multiple_of(2) && packed.len() <= MOST_REPAIRED_BYTES {
        let mut bytes = packed.unpacked();
        checksums::repair(&mut bytes);
        Arc::new(MemorySource::new(bytes))
    } else {
        Arc::new(packed)
    }
}

/// An image of which some sectors are given and all others are zero.
///
/// ```text
/// 0  8  length in bytes (little-endian; taken modulo 64 MiB)
/// 8  n x (4 number of the sector (little-endian), 512 its bytes); a later one of the same number wins, the last may be cut off
/// ```
#[derive(Clone, Debug)]
pub struct Packed {
    len: u64,
    sectors: BTreeMap<u64, [u8; SECTOR]>,
}

impl Packed {
    /// Reads the packed form: any bytes are one.
    #[must_use]
    pub fn new(input: &[u8]) -> Self {
        let (head, rest) = input.split_at(input.len().min(HEAD));
        let mut len = [0; HEAD];
        len[..head.len()].copy_from_slice(head);
        let len = u64::from_le_bytes(len) % (MOST_BYTES + 1);
        let mut sectors = BTreeMap::new();
        for record in rest.chunks(RECORD) {
            let Some((number, bytes)) = record.split_first_chunk::<4>() else { break };
            let mut sector = [0; SECTOR];
            sector[..bytes.len()].copy_from_slice(bytes);
            sectors.insert(u64::from(u32::from_le_bytes(*number)), sector);
        }
        Self { len, sectors }
    }

    /// All its bytes.
    #[must_use]
    pub fn unpacked(&self) -> Vec<u8> {
        let mut bytes = vec![0; index(self.len)];
        for (number, sector) in &self.sectors {
            let at = index(number * length(SECTOR)).min(bytes.len());
            let end = (at + SECTOR).min(bytes.len());
            bytes[at..end].copy_from_slice(&sector[..end - at]);
        }
        bytes
    }

    fn visit_inside(&self, range: Range<u64>, each: &mut Visitor<'_>) -> ControlFlow<()> {
        let sector = length(SECTOR);
        let mut at = range.start;
        for (number, bytes) in self.sectors.range(range.start / sector..range.end.div_ceil(sector))
        {
            let start = (number * sector).max(range.start);
            let end = ((number + 1) * sector).min(range.end);
            if at < start {
                each(Piece::Zero(start - at))?;
            }
            let here = index(start - number * sector)..index(end - number * sector);
            each(Piece::Data { bytes: &bytes[here], at: start })?;
            at = end;
        }
        if at < range.end { each(Piece::Zero(range.end - at)) } else { ControlFlow::Continue(()) }
    }
}

impl Source for Packed {
    fn len(&self) -> u64 {
        self.len
    }

    fn visit(&self, range: Range<u64>, _: &mut Scratch, each: &mut Visitor<'_>) -> ControlFlow<()> {
        let start = range.start.min(self.len);
        let end = range.end.min(self.len);
        if start < end {
            self.visit_inside(start..end, each)?;
        }
        let beyond = range.end.saturating_sub(range.start) - end.saturating_sub(start);
        if beyond == 0 {
            ControlFlow::Continue(())
        } else {
            each(Piece::Bad(beyond, BadReason::BeyondEnd))
        }
    }
}

/// Remembers which sectors of a source were read: those that a reader's decisions hang on.
pub struct Touched {
    inner: Arc<dyn Source>,
    sectors: Mutex<BTreeSet<u64>>,
}

impl Touched {
    /// A source that nobody has read.
    #[must_use]
    pub fn new(inner: Arc<dyn Source>) -> Self {
        Self { inner, sectors: Mutex::default() }
    }

    /// The numbers of the sectors that were read since it was asked last.
    #[must_use]
    pub fn take(&self) -> BTreeSet<u64> {
        std::mem::take(&mut *self.sectors.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Source for Touched {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn visit(
        &self,
        range: Range<u64>,
        scratch: &mut Scratch,
        each: &mut Visitor<'_>,
    ) -> ControlFlow<()> {
        let end = range.end.min(self.len());
        let numbers = range.start / length(SECTOR)..end.div_ceil(length(SECTOR));
        self.sectors.lock().unwrap_or_else(PoisonError::into_inner).extend(numbers);
        self.inner.visit(range, scratch, each)
    }
}

/// The packed form of those of `sectors` that are not zero, at most `most` of them.
#[must_use]
pub fn pack(source: &dyn Source, sectors: impl IntoIterator<Item = u64>, most: usize) -> Vec<u8> {
    let mut packed = source.len().min(MOST_BYTES).to_le_bytes().to_vec();
    let mut scratch = Scratch::new();
    let mut sector = [0; SECTOR];
    for number in sectors {
        let _ = read_available(source, number * length(SECTOR), &mut sector, &mut scratch);
        if packed.len() >= HEAD + most * RECORD {
            break;
        }
        if let (Ok(number), true) = (u32::try_from(number), sector != [0; SECTOR]) {
            packed.extend_from_slice(&number.to_le_bytes());
            packed.extend_from_slice(&sector);
        }
    }
    packed
}

#[cfg(test)]
mod tests {
    use byte_source::{MemorySource, read_vec};

    use super::*;

    #[test]
    fn an_image_comes_back_from_its_packed_form() {
        let mut image = vec![0; 4096 + 100];
        image[700..800].fill(7);
        image[4096..].fill(9);
        let packed = Packed::new(&pack(&MemorySource::new(image.clone()), 0..9, 100));
        assert_eq!(packed.sectors.len(), 2);
        assert_eq!(packed.unpacked(), image);
        assert_eq!(read_vec(&packed, 0, packed.len(), &mut Scratch::new()).unwrap(), image);
        assert_eq!(read_vec(&packed, 790, 3400, &mut Scratch::new()).unwrap(), image[790..4190]);
    }
}
