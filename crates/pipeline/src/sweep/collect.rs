//! The bytes of streams as slices, ready for the lanes.

use std::ops::{ControlFlow, Range};

use byte_source::{Piece, Scratch, Source};
use filesystem::{Place, Run};

/// Zeros for holes: repeated as often as a hole is long.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// Where reading a stream has come to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cursor {
    /// Which run is next.
    run: usize,
    /// Bytes of it that were taken.
    taken: u64,
    /// Bytes of the stream that were taken.
    pub(crate) position: u64,
}

impl Cursor {
    /// Bytes from here on, up to `most`, whose places on the medium end at or before `frontier`; `end_on_medium` maps a range of the volume
    /// to the end of its last byte on the medium.
    pub(crate) fn available(
        mut self,
        runs: &[Run],
        (valid, size): (u64, u64),
        most: u64,
        reached: &dyn Fn(u64, u64) -> bool,
    ) -> u64 {
        let start = self.position;
        let end = size.min(start.saturating_add(most));
        while self.position < end.min(valid) {
            let Some(run) = runs.get(self.run) else { break };
            let left = end.min(valid).saturating_sub(self.position);
            let count = run.length.saturating_sub(self.taken).min(left);
            if let Place::At(at) = run.place
                && !reached(at.saturating_add(self.taken), count)
            {
                return self.position.saturating_sub(start);
            }
            self.step(run, count);
        }
        end.saturating_sub(start)
    }

    /// Passes over `count` bytes.
    pub(crate) fn skip(&mut self, runs: &[Run], valid: u64, count: u64) {
        let end = self.position.saturating_add(count);
        while self.position < end.min(valid) {
            let Some(run) = runs.get(self.run) else { break };
            let left = end.min(valid).saturating_sub(self.position);
            let count = run.length.saturating_sub(self.taken).min(left);
            self.step(run, count);
        }
        self.position = end;
    }

    fn step(&mut self, run: &Run, count: u64) {
        self.position = self.position.saturating_add(count);
        self.taken = self.taken.saturating_add(count);
        if self.taken >= run.length {
            self.run = self.run.saturating_add(1);
            self.taken = 0;
        }
    }

    /// The first byte in the volume that comes next, if any is stored.
    pub(crate) fn next_place(&self, runs: &[Run]) -> Option<u64> {
        match runs.get(self.run)?.place {
            Place::At(at) => Some(at.saturating_add(self.taken)),
            Place::Hole | Place::Unwritten(_) | Place::Unknown => None,
        }
    }
}

/// Bytes at the start of a stream that are zero without being stored.
pub(crate) fn leading_zeros(runs: &[Run], valid: u64, size: u64) -> u64 {
    let stored = |run: &&Run| !matches!(run.place, Place::At(_) | Place::Unknown);
    let zeros =
        runs.iter().take_while(stored).fold(0_u64, |sum, run| sum.saturating_add(run.length));
    if zeros >= valid { size } else { zeros }
}

/// A slice of a message.
enum Segment<'v> {
    /// Lent by the volume.
    Lent(&'v [u8]),
    /// In the collector's own memory.
    Copied(Range<usize>),
    Zeros(usize),
}

/// Collects messages.
#[derive(Default)]
pub(crate) struct Collector<'v> {
    copied: Vec<u8>,
    segments: Vec<Segment<'v>>,
    ends: Vec<usize>,
}

/// Some of the bytes cannot be read.
#[derive(Debug)]
pub(crate) struct Unreadable;

impl<'v> Collector<'v> {
    /// Adds `count` bytes of a stream from `cursor` on as one message.
    ///
    /// # Errors
    /// When some of them cannot be read: nothing was added then.
    pub(crate) fn add(
        &mut self,
        volume: &'v dyn Source,
        runs: &[Run],
        valid: u64,
        cursor: &mut Cursor,
        count: u64,
        scratch: &mut Scratch,
    ) -> Result<(), Unreadable> {
        let segments = self.segments.len();
        let copied = self.copied.len();
        let end = cursor.position.saturating_add(count);
        let added = self.add_runs(volume, runs, end.min(valid), cursor, scratch);
        if added.is_err() {
            self.segments.truncate(segments);
            self.copied.truncate(copied);
            return Err(Unreadable);
        }
        self.zeros(end.saturating_sub(cursor.position));
        cursor.position = cursor.position.max(end);
        self.ends.push(self.segments.len());
        Ok(())
    }

    /// Adds bytes that are in memory, and zeros after them, as one message.
    pub(crate) fn add_inline(&mut self, bytes: &'v [u8], zeros: u64) {
        if !bytes.is_empty() {
            self.segments.push(Segment::Lent(bytes));
        }
        self.zeros(zeros);
        self.ends.push(self.segments.len());
    }

    fn add_runs(
        &mut self,
        volume: &'v dyn Source,
        runs: &[Run],
        end: u64,
        cursor: &mut Cursor,
        scratch: &mut Scratch,
    ) -> Result<(), Unreadable> {
        while cursor.position < end {
            let run = runs.get(cursor.run).ok_or(Unreadable)?;
            let left = end.saturating_sub(cursor.position);
            let count = run.length.saturating_sub(cursor.taken).min(left);
            match run.place {
                Place::Hole | Place::Unwritten(_) => self.zeros(count),
                Place::Unknown => return Err(Unreadable),
                Place::At(at) => {
                    let first = at.checked_add(cursor.taken).ok_or(Unreadable)?;
                    self.stored(
                        volume,
                        first..first.checked_add(count).ok_or(Unreadable)?,
                        scratch,
                    )?;
                }
            }
            cursor.step(run, count);
        }
        Ok(())
    }

    fn stored(
        &mut self,
        volume: &'v dyn Source,
        range: Range<u64>,
        scratch: &mut Scratch,
    ) -> Result<(), Unreadable> {
        if let Some(lent) = volume.slice(range.clone()) {
            self.segments.push(Segment::Lent(lent));
            return Ok(());
        }
        volume
            .visit(range, scratch, &mut |piece| match piece {
                Piece::Data { bytes, .. } => {
                    let start = self.copied.len();
                    self.copied.extend_from_slice(bytes);
                    self.segments.push(Segment::Copied(start..self.copied.len()));
                    ControlFlow::Continue(())
                }
                Piece::Zero(count) => {
                    self.zeros(count);
                    ControlFlow::Continue(())
                }
                Piece::Bad(..) => ControlFlow::Break(()),
            })
            .continue_value()
            .ok_or(Unreadable)
    }

    fn zeros(&mut self, count: u64) {
        let mut left = count;
        while left > 0 {
            let part = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
            self.segments.push(Segment::Zeros(part));
            left = left.saturating_sub(byte_source::length(part));
        }
    }

    /// All slices of all messages one after the other, and where each message ends among them.
    pub(crate) fn slices(&self) -> (Vec<&[u8]>, &[usize]) {
        let slices = self
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Lent(bytes) => bytes,
                Segment::Copied(range) => self.copied.get(range.clone()).unwrap_or_default(),
                Segment::Zeros(count) => ZEROS.get(..*count).unwrap_or_default(),
            })
            .collect();
        (slices, &self.ends)
    }
}

/// The messages among the slices.
pub(crate) fn messages<'m, 's>(slices: &'m [&'s [u8]], ends: &[usize]) -> Vec<&'m [&'s [u8]]> {
    let mut start = 0;
    ends.iter()
        .map(|end| {
            let message = slices.get(start..*end).unwrap_or_default();
            start = *end;
            message
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use byte_source::MemorySource;

    use super::*;

    fn runs() -> Vec<Run> {
        vec![
            Run { length: 3, place: Place::At(10) },
            Run { length: 4, place: Place::Hole },
            Run { length: 5, place: Place::At(40) },
            Run { length: 5, place: Place::Unknown },
        ]
    }

    #[test]
    fn steps_of_any_length_give_the_bytes_of_the_stream() {
        let volume = MemorySource::new((0..64).collect());
        let whole = [10, 11, 12, 0, 0, 0, 0, 40, 41, 42, 0, 0, 0];
        for step in 1..=13_u64 {
            let mut cursor = Cursor::default();
            let mut collector = Collector::default();
            while cursor.position < 13 {
                let count = step.min(13 - cursor.position);
                collector
                    .add(&volume, &runs(), 10, &mut cursor, count, &mut Scratch::new())
                    .unwrap();
            }
            let (slices, ends) = collector.slices();
            assert_eq!(slices.concat(), whole, "steps of {step}");
            assert_eq!(
                messages(&slices, ends).iter().map(|message| message.concat().len()).sum::<usize>(),
                13
            );
        }
    }

    #[test]
    fn what_is_not_reached_yet_or_cannot_be_read_is_not_given() {
        let volume = MemorySource::new((0..64).collect());
        let reached = |at: u64, count: u64| at + count <= 42;
        assert_eq!(Cursor::default().available(&runs(), (12, 20), 20, &reached), 7);
        assert_eq!(Cursor::default().available(&runs(), (12, 20), 5, &reached), 5);
        assert_eq!(Cursor::default().available(&runs(), (12, 20), 20, &|_, _| true), 20);
        let mut collector = Collector::default();
        let mut cursor = Cursor::default();
        collector.add(&volume, &runs(), 17, &mut cursor, 14, &mut Scratch::new()).unwrap_err();
        assert!(collector.slices().0.is_empty());
        let beyond = [Run { length: 8, place: Place::At(60) }];
        collector
            .add(&volume, &beyond, 8, &mut Cursor::default(), 8, &mut Scratch::new())
            .unwrap_err();
    }
}
