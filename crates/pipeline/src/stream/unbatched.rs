//! Streams that are read alone, from their start to their end, and how far they have come: a scan that is broken off goes on from there.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use analysis::{StateNotSaved, StreamFacts};
use byte_source::{Piece, Visitor};
use case_model::StopToken;
use serde::{Deserialize, Serialize};

use crate::stream::reader::{Reading, SavedReader, StreamReader, StreamResult};
use crate::stream::slot::Slot;
use crate::stream::unsaved_stream::UnsavedStream;
use crate::stream::zeros::free_zeros;
use crate::workers::watch;

/// Bytes after which it is noted how far a stream has come: well under a second of work.
const NOTED_EVERY: u64 = if cfg!(test) { 10_000 } else { 32 << 20 };

/// A stream that is read alone and was not finished.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct SavedUnbatched {
    pub(crate) slot: Slot,
    reader: SavedReader,
}

impl SavedUnbatched {
    /// Bytes that need not be read again.
    pub(crate) fn position(&self) -> u64 {
        self.reader.position()
    }
}

/// A stream on its way: the last place that could be stored.
struct StoredPlace {
    reader: SavedReader,
    /// The stream has come further, and why that cannot be stored.
    unsaved: Option<StateNotSaved>,
}

/// How far streams have come; one place for all workers.
#[derive(Default)]
pub(crate) struct UnbatchedStreams {
    begun: Mutex<BTreeMap<Slot, StoredPlace>>,
    /// Streams whose stored place did not fit.
    not_restored: AtomicU64,
    stop: StopToken,
}

impl UnbatchedStreams {
    /// Goes on after those that were not finished when a scan was broken off.
    pub(crate) fn after(saved: Vec<SavedUnbatched>) -> Self {
        let place = |saved: SavedUnbatched| StoredPlace { reader: saved.reader, unsaved: None };
        let begun = saved.into_iter().map(|saved| (saved.slot, place(saved))).collect();
        Self { begun: Mutex::new(begun), ..Self::default() }
    }

    /// Reading ends early when `stop` is requested.
    pub(crate) fn stop_on(&mut self, stop: &StopToken) {
        self.stop = stop.clone();
    }

    /// Returns where all of them stand, and those that have come further than an analyser could store.
    pub(crate) fn save(&self) -> (Vec<SavedUnbatched>, Vec<UnsavedStream>) {
        let begun = self.lock();
        let saved = begun.iter().map(|(slot, place)| (*slot, place.reader.clone()));
        let saved = saved.map(|(slot, reader)| SavedUnbatched { slot, reader }).collect();
        let unsaved = begun
            .iter()
            .filter_map(|(slot, place)| Some(UnsavedStream::new(*slot, place.unsaved?)));
        (saved, unsaved.collect())
    }

    /// Returns the number of streams whose stored place did not fit: they were read from their start.
    pub(crate) fn not_restored(&self) -> u64 {
        self.not_restored.load(Ordering::Relaxed)
    }

    /// True when reading the stream was begun, and it is not done.
    pub(crate) fn has_begun(&self, slot: Slot) -> bool {
        self.lock().contains_key(&slot)
    }

    /// Reads the stream whose result goes to `slot`, from its stored place: `pump` hands over its pieces from a byte on. Call
    /// [`UnbatchedStreams::done`] when the result is in its place. `None` after a stop: where the stream stands then is noted.
    pub(crate) fn read(
        &self,
        slot: Slot,
        reading: Reading<'_>,
        facts: StreamFacts,
        pump: impl FnOnce(u64, &mut Visitor<'_>),
    ) -> Option<StreamResult> {
        let mut reader = self.reader(slot, reading, facts);
        self.note(slot, &reader);
        let from = reader.position();
        let mut noted = from;
        let mut stopped = false;
        let mut take = |piece: Piece<'_>| {
            reader.take(piece);
            stopped = self.stop.is_requested();
            if stopped || reader.position().saturating_sub(noted) >= NOTED_EVERY {
                noted = reader.position();
                self.note(slot, &reader);
                watch::progressed();
            }
            if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut is_start = from == 0;
        pump(from, &mut |piece| {
            // Zeros at the start take no time as far as a table has their digests; all others are hashed.
            let free = match piece {
                Piece::Zero(count) if is_start => free_zeros(reading.selection, count),
                _ => 0,
            };
            is_start = false;
            in_steps(piece, free, &mut take)
        });
        (!stopped).then(|| reader.finish())
    }

    /// Returns the reader of a stream, at its stored place when that fits.
    fn reader<'a>(&self, slot: Slot, reading: Reading<'a>, facts: StreamFacts) -> StreamReader<'a> {
        let begun = self.lock();
        let stored = begun.get(&slot).map(|place| &place.reader);
        let restored = stored.and_then(|saved| StreamReader::after(saved, reading, facts));
        if stored.is_some_and(|saved| saved.position() > 0) && restored.is_none() {
            self.not_restored.fetch_add(1, Ordering::Relaxed);
        }
        restored.unwrap_or_else(|| StreamReader::new(reading, facts))
    }

    /// The stream needs no place to go on from any more.
    pub(crate) fn done(&self, slot: Slot) {
        self.lock().remove(&slot);
    }

    /// Notes where a stream is. Where an analyser does not give its state, the place before stays, and the reason is noted.
    fn note(&self, slot: Slot, reader: &StreamReader<'_>) {
        match reader.save() {
            Ok(reader) => {
                self.lock().insert(slot, StoredPlace { reader, unsaved: None });
            }
            Err(why) => {
                if let Some(place) = self.lock().get_mut(&slot) {
                    place.unsaved = Some(why);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Slot, StoredPlace>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Divides a piece into steps of [`NOTED_EVERY`] bytes. Of zeros, the first `free` are one step.
fn in_steps(piece: Piece<'_>, free: u64, take: &mut Visitor<'_>) -> ControlFlow<()> {
    match piece {
        Piece::Data { bytes, at } => {
            let step = usize::try_from(NOTED_EVERY).unwrap_or(usize::MAX);
            bytes.chunks(step).try_for_each(|bytes| take(Piece::Data { bytes, at }))
        }
        Piece::Zero(count) => {
            if free > 0 {
                take(Piece::Zero(free))?;
            }
            let mut rest = count.saturating_sub(free);
            while rest > NOTED_EVERY {
                take(Piece::Zero(NOTED_EVERY))?;
                rest = rest.saturating_sub(NOTED_EVERY);
            }
            take(Piece::Zero(rest))
        }
        bad @ Piece::Bad(..) => take(bad),
    }
}

#[cfg(test)]
mod tests {
    use byte_source::BadReason;
    use hash_engine::Selection;

    use super::*;
    use crate::stream::test_reading::reading;

    const SELECTION: Selection = Selection::ALL;
    const SIZE: u64 = 250_000;
    const FACTS: StreamFacts = StreamFacts { size: SIZE, record: None };

    /// A long hole at the end.
    const HOLE: u64 = 200_000;

    /// Data, a hole and something unreadable, in turn, from byte `from` to `to`.
    fn pump(from: u64, to: u64, each: &mut Visitor<'_>) {
        assert!(pump_until(from, to, each).is_continue());
    }

    /// The same, until the visitor breaks off.
    fn pump_until(from: u64, to: u64, each: &mut Visitor<'_>) -> ControlFlow<()> {
        let mut at = from;
        while at < to {
            let end = if at < HOLE { HOLE.min(at - at % 7_000 + 7_000) } else { SIZE };
            let count = end.min(to) - at;
            let data: Vec<u8> = (at..at + count).map(|at| (at % 251) as u8).collect();
            each(match at / 7_000 % 9 {
                _ if at >= HOLE => Piece::Zero(count),
                4 => Piece::Zero(count),
                7 => Piece::Bad(count, BadReason::LayoutEnds),
                _ => Piece::Data { bytes: &data, at },
            })?;
            at += count;
        }
        ControlFlow::Continue(())
    }

    #[test]
    fn a_stream_goes_on_where_it_stood_and_gives_what_one_without_a_break_gives() {
        let whole = UnbatchedStreams::default()
            .read((3, 1), reading(SELECTION), FACTS, |from, each| pump(from, SIZE, each))
            .unwrap();
        for step in [1, 9_999, 10_001, 33_333, 120_000] {
            let mut alone = UnbatchedStreams::default();
            let mut read = 0;
            let mut breaks = 0;
            let result = loop {
                let mut end = 0;
                let result = alone.read((3, 1), reading(SELECTION), FACTS, |from, each| {
                    assert!(
                        from <= read && from + NOTED_EVERY > read.saturating_sub(7_000),
                        "{from} of {read}"
                    );
                    end = (from + NOTED_EVERY + step).min(SIZE);
                    pump(from, end, each);
                });
                if end == SIZE {
                    break result.unwrap();
                }
                // Killed here: what came of it so far is gone, but for what a checkpoint had.
                let bytes = postcard::to_stdvec(&alone.save().0).unwrap();
                alone = UnbatchedStreams::after(postcard::from_bytes(&bytes).unwrap());
                (read, breaks) = (end, breaks + 1);
            };
            assert!(breaks > 0);
            assert_eq!(format!("{result:?}"), format!("{whole:?}"), "{step}");
            alone.done((3, 1));
            assert!(alone.save().0.is_empty());
        }
    }

    #[test]
    fn what_was_noted_of_other_digests_is_not_used() {
        let other = Selection { blake3: false, ..SELECTION };
        let alone = UnbatchedStreams::default();
        alone.read((0, 0), reading(other), FACTS, |from, each| pump(from, SIZE, each));
        assert!(alone.has_begun((0, 0)));
        let result = alone.read((0, 0), reading(SELECTION), FACTS, |from, each| {
            assert_eq!(from, 0);
            pump(from, SIZE, each);
        });
        assert!(result.unwrap().digests.blake3.is_some());
    }

    #[test]
    fn a_stream_that_is_stopped_at_any_piece_goes_on_from_that_piece() {
        let whole = UnbatchedStreams::default()
            .read((3, 1), reading(SELECTION), FACTS, |from, each| pump(from, SIZE, each))
            .unwrap();
        let mut alone = UnbatchedStreams::default();
        let mut read = 0;
        let mut stops = 0;
        let result = loop {
            let looks = std::sync::atomic::AtomicU32::new(0);
            // At the third piece of each time.
            alone.stop_on(&StopToken::when(move || {
                looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 2
            }));
            let mut taken = 0;
            let result = alone.read((3, 1), reading(SELECTION), FACTS, |from, each| {
                assert_eq!(from, read, "nothing is read again");
                taken = from;
                let mut each = |piece: Piece<'_>| {
                    taken += piece.len();
                    each(piece)
                };
                let _ = pump_until(from, SIZE, &mut each);
            });
            match result {
                Some(result) => break result,
                None => stops += 1,
            }
            let (saved, _) = alone.save();
            read = saved[0].position();
            assert!(read > 0 && read <= taken, "{read} of {taken}");
            alone = UnbatchedStreams::after(
                postcard::from_bytes(&postcard::to_stdvec(&saved).unwrap()).unwrap(),
            );
        };
        assert!(stops > 8, "{stops} stops");
        assert_eq!(format!("{result:?}"), format!("{whole:?}"));
    }
}
