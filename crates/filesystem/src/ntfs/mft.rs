//! The master file table as a sequence of records.

use std::ops::{ControlFlow, Range};

use byte_source::{BadReason, Piece, Scratch, Source, index, length};

use super::placement::Placement;
use crate::{Place, Run, visit_runs};

/// Where the records lie. Offsets in the table are byte offsets of the `$MFT` file.
#[derive(Clone, Debug, Default)]
pub(super) struct Mft {
    runs: Vec<Run>,
    /// Offset in the table of the start of every run.
    starts: Vec<u64>,
    pub(super) record_bytes: u32,
    pub(super) slots: u64,
}

/// A part of a block that could not be read: offsets within the block.
pub(super) type Fault = (Range<u64>, BadReason);

impl Mft {
    /// The table of `size` bytes in these runs.
    pub(super) fn new(runs: Vec<Run>, size: u64, record_bytes: u32) -> Self {
        let mut mapped_bytes = 0_u64;
        let mut starts = Vec::with_capacity(runs.len());
        for run in &runs {
            starts.push(mapped_bytes);
            mapped_bytes = mapped_bytes.saturating_add(run.length);
        }
        let slots = size.min(mapped_bytes).checked_div(u64::from(record_bytes)).unwrap_or(0);
        Self { runs, starts, record_bytes, slots }
    }

    /// Does a run map the record wholly?
    pub(super) fn maps(&self, number: u64) -> bool {
        number < self.slots
    }

    /// Fills `block` with the records `numbers`; what could not be read is zero there and listed.
    pub(super) fn read(
        &self,
        volume: &dyn Source,
        numbers: Range<u64>,
        block: &mut Vec<u8>,
        scratch: &mut Scratch,
    ) -> Vec<Fault> {
        let from = self.offset(numbers.start);
        let to = self.offset(numbers.end.min(self.slots)).max(from);
        let (first, start) = self.run_at(from);
        let runs = self.runs.get(first..).unwrap_or_default();
        let within = from.saturating_sub(start)..to.saturating_sub(start);
        block.clear();
        let mut faults = Vec::new();
        let _ = visit_runs(volume, runs, within, scratch, &mut |piece| {
            faults.extend(take_piece(&piece, block));
            ControlFlow::Continue(())
        });
        faults
    }

    /// Where the record lies in the volume; `None` when it lies in a hole.
    pub(super) fn place(&self, number: u64) -> Option<Placement> {
        let start = self.offset(number);
        let end = start.saturating_add(u64::from(self.record_bytes));
        let (first, _) = self.run_at(start);
        let mut place = None::<Placement>;
        // A record has at most as many pieces as clusters of 512 bytes.
        for (run, run_start) in self.runs.iter().zip(&self.starts).skip(first) {
            if *run_start >= end {
                break;
            }
            let Place::At(at) = run.place else { return None };
            match &mut place {
                None => {
                    place =
                        Some(Placement::whole(at.saturating_add(start.saturating_sub(*run_start))))
                }
                Some(place) => place.push(run_start.saturating_sub(start), at),
            }
        }
        place
    }

    fn offset(&self, number: u64) -> u64 {
        number.saturating_mul(u64::from(self.record_bytes))
    }

    /// The run that holds this offset of the table, and where it starts.
    fn run_at(&self, offset: u64) -> (usize, u64) {
        let number = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        (number, self.starts.get(number).copied().unwrap_or(0))
    }
}

/// Appends a piece to a block: zeros where it is bad, which is a fault.
#[inline]
fn take_piece(piece: &Piece<'_>, block: &mut Vec<u8>) -> Option<Fault> {
    let from = length(block.len());
    match *piece {
        Piece::Data { bytes, .. } => block.extend_from_slice(bytes),
        Piece::Zero(count) => block.resize(index(from.saturating_add(count)), 0),
        Piece::Bad(count, reason) => {
            let to = from.saturating_add(count);
            block.resize(index(to), 0);
            return Some((from..to, reason));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use byte_source::MemorySource;

    use super::*;

    #[test]
    fn records_are_read_over_the_seams_of_runs() {
        let volume = MemorySource::new((0..16_u8).flat_map(|block| [block; 512]).collect());
        let run =
            |block: u64, blocks: u64| Run { length: blocks * 512, place: Place::At(block * 512) };
        let mft = Mft::new(vec![run(4, 3), run(1, 1), run(12, 2)], 3 * 1024, 1024);
        assert_eq!(mft.slots, 3);
        let mut block = Vec::new();
        assert!(mft.read(&volume, 0..3, &mut block, &mut Scratch::new()).is_empty());
        let blocks: Vec<u8> = block.chunks(512).map(|block| block[0]).collect();
        assert_eq!(blocks, [4, 5, 6, 1, 12, 13]);
        mft.read(&volume, 1..2, &mut block, &mut Scratch::new());
        assert_eq!((block[0], block[512], block.len()), (6, 1, 1024));
        let place = mft.place(1).unwrap();
        assert_eq!((place.first(), place.at(600)), (6 * 512, 512 + 88));
    }

    #[test]
    fn the_table_ends_where_its_runs_end_and_bad_bytes_are_listed() {
        let volume = MemorySource::new(vec![1; 1500]);
        let mft = Mft::new(vec![Run { length: 4096, place: Place::At(0) }], u64::MAX, 1024);
        assert_eq!((mft.slots, mft.maps(4)), (4, false));
        let mut block = Vec::new();
        let faults = mft.read(&volume, 0..9, &mut block, &mut Scratch::new());
        assert_eq!(faults, [(1500..4096, BadReason::BeyondEnd)]);
        assert_eq!(block.len(), 4096);
    }
}
