//! Streams that are read alone, from their start to their end, and how far they have come: a scan that is broken off goes on from there.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use byte_source::{Piece, Visitor};
use hash_engine::Selection;
use serde::{Deserialize, Serialize};

use crate::stream::{SavedReader, StreamReader, StreamResult};
use crate::sweep::{Slot, free_zeros};
use crate::watch;

/// Bytes after which it is noted how far a stream has come: well under a second of work.
const NOTED_EVERY: u64 = if cfg!(test) { 10_000 } else { 32 << 20 };

/// A stream that is read alone and was not finished.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct SavedAlone {
    pub(crate) slot: Slot,
    reader: SavedReader,
}

impl SavedAlone {
    /// Bytes that need not be read again.
    pub(crate) fn position(&self) -> u64 {
        self.reader.position()
    }
}

/// How far streams have come; one place for all workers.
#[derive(Default)]
pub(crate) struct ReadAlone(Mutex<BTreeMap<Slot, SavedReader>>);

impl ReadAlone {
    /// Goes on after those that were not finished when a scan was broken off.
    pub(crate) fn after(saved: Vec<SavedAlone>) -> Self {
        Self(Mutex::new(saved.into_iter().map(|saved| (saved.slot, saved.reader)).collect()))
    }

    /// Where all of them stand, as it can be stored.
    pub(crate) fn save(&self) -> Vec<SavedAlone> {
        self.lock().iter().map(|(slot, reader)| SavedAlone { slot: *slot, reader: reader.clone() }).collect()
    }

    /// True when reading the stream was begun, and it is not done.
    pub(crate) fn has_begun(&self, slot: Slot) -> bool {
        self.lock().contains_key(&slot)
    }

    /// Reads the stream whose result goes to `slot`, from where it stands: `pump` hands over its pieces from a byte on. Call
    /// [`ReadAlone::done`] when the result is in its place.
    pub(crate) fn read(
        &self,
        slot: Slot,
        selection: Selection,
        pump: impl FnOnce(u64, &mut Visitor<'_>),
    ) -> StreamResult {
        let begun = self.lock().get(&slot).and_then(|saved| StreamReader::after(saved, selection));
        let mut reader = begun.unwrap_or_else(|| StreamReader::new(selection));
        self.lock().insert(slot, reader.save());
        let from = reader.position();
        let mut noted = from;
        let mut take = |piece: Piece<'_>| {
            reader.take(piece);
            if reader.position().saturating_sub(noted) >= NOTED_EVERY {
                noted = reader.position();
                self.lock().insert(slot, reader.save());
                watch::progressed();
            }
        };
        let mut is_start = from == 0;
        pump(from, &mut |piece| {
            match piece {
                Piece::Data { bytes, at } => {
                    for bytes in bytes.chunks(usize::try_from(NOTED_EVERY).unwrap_or(usize::MAX)) {
                        take(Piece::Data { bytes, at });
                    }
                }
                Piece::Zero(count) => {
                    // Zeros at the start take no time as far as a table has their digests; all others are hashed.
                    let free = if is_start { free_zeros(selection, count) } else { 0 };
                    if free > 0 {
                        take(Piece::Zero(free));
                    }
                    let rest = count - free;
                    (0..rest / NOTED_EVERY).for_each(|_| take(Piece::Zero(NOTED_EVERY)));
                    take(Piece::Zero(rest % NOTED_EVERY));
                }
                bad @ Piece::Bad(..) => take(bad),
            }
            is_start = false;
            ControlFlow::Continue(())
        });
        reader.finish()
    }

    /// The stream needs no place to go on from any more.
    pub(crate) fn done(&self, slot: Slot) {
        self.lock().remove(&slot);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Slot, SavedReader>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use byte_source::BadReason;

    use super::*;

    const SELECTION: Selection = Selection { md5: true, sha1: true, sha256: true, blake3: true };
    const SIZE: u64 = 250_000;

    /// A long hole at the end.
    const HOLE: u64 = 200_000;

    /// Data, a hole and something unreadable, in turn, from byte `from` to `to`.
    fn pump(from: u64, to: u64, each: &mut Visitor<'_>) {
        let mut at = from;
        while at < to {
            let end = if at < HOLE { HOLE.min(at - at % 7_000 + 7_000) } else { SIZE };
            let count = end.min(to) - at;
            let data: Vec<u8> = (at..at + count).map(|at| (at % 251) as u8).collect();
            let flow = each(match at / 7_000 % 9 {
                _ if at >= HOLE => Piece::Zero(count),
                4 => Piece::Zero(count),
                7 => Piece::Bad(count, BadReason::LayoutEnds),
                _ => Piece::Data { bytes: &data, at },
            });
            assert!(flow.is_continue());
            at += count;
        }
    }

    #[test]
    fn a_stream_goes_on_where_it_stood_and_gives_what_one_without_a_break_gives() {
        let whole = ReadAlone::default().read((3, 1), SELECTION, |from, each| pump(from, SIZE, each));
        for step in [1, 9_999, 10_001, 33_333, 120_000] {
            let mut alone = ReadAlone::default();
            let (mut read, mut breaks) = (0, 0);
            let result = loop {
                let mut end = 0;
                let result = alone.read((3, 1), SELECTION, |from, each| {
                    assert!(
                        from <= read && from + NOTED_EVERY > read.saturating_sub(7_000),
                        "{from} of {read}"
                    );
                    end = (from + NOTED_EVERY + step).min(SIZE);
                    pump(from, end, each);
                });
                if end == SIZE {
                    break result;
                }
                // Killed here: what came of it so far is gone, but for what a checkpoint had.
                let bytes = postcard::to_stdvec(&alone.save()).unwrap();
                alone = ReadAlone::after(postcard::from_bytes(&bytes).unwrap());
                (read, breaks) = (end, breaks + 1);
            };
            assert!(breaks > 0);
            assert_eq!(format!("{result:?}"), format!("{whole:?}"), "{step}");
            alone.done((3, 1));
            assert!(alone.save().is_empty());
        }
    }

    #[test]
    fn what_was_noted_of_other_digests_is_not_used() {
        let other = Selection { blake3: false, ..SELECTION };
        let alone = ReadAlone::default();
        alone.read((0, 0), other, |from, each| pump(from, SIZE, each));
        assert!(alone.has_begun((0, 0)));
        let result = alone.read((0, 0), SELECTION, |from, each| {
            assert_eq!(from, 0);
            pump(from, SIZE, each);
        });
        assert!(result.digests.blake3.is_some());
    }
}
