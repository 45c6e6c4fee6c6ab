//! One stream: bytes in, digests and a disposition out.

use std::ops::ControlFlow;
use words::{Statement, Term, term};

use analysis::{Analysers, Findings, SavedTaps, StateNotSaved, StreamFacts, Taps};
use byte_source::{Piece, Scratch, Source};
use case_model::{Digests, Disposition, UnreadableRange};
use filesystem::{Stream, pump};
use hash_engine::{MessageState, Selection, StreamHasher};
use serde::{Deserialize, Serialize};

use crate::stream::bad_ranges::{BadRanges, UnreadRange};

/// Unreadable ranges of one stream that are kept one by one.
const MAX_RANGES: usize = 1000;

/// Unreadable bytes of one stream that are hashed as zeros; a stream that lacks more gets no digests. Metadata can claim 2^60 bytes that
/// are nowhere.
pub(crate) const MAX_SUBSTITUTED_BYTES: u64 = 1 << 30;

/// Why a stream has no digest on which the reader panicked.
const READER_FAILED: Term = term!("scan.reader-failed-stream-fault-program");
/// Why a stream has no digest that no worker could take.
pub(crate) const STANDSTILL: Term = term!("scan.scan-found-no-way-read");

/// What reading a stream gave.
#[derive(Clone, Debug)]
pub(crate) struct StreamResult {
    pub(crate) disposition: Disposition,
    pub(crate) rule: Option<Statement>,
    pub(crate) digests: Digests,
    pub(crate) findings: Findings,
    pub(crate) unreadable: Vec<UnreadableRange>,
}

impl StreamResult {
    pub(crate) fn without_content(disposition: Disposition, rule: impl Into<Statement>) -> Self {
        Self {
            disposition,
            rule: Some(rule.into()),
            digests: Digests::default(),
            findings: Findings::default(),
            unreadable: Vec::new(),
        }
    }

    /// The reader panicked at the stream: nothing is known of its content.
    pub(crate) fn reader_failed() -> Self {
        Self::without_content(Disposition::Unreadable, READER_FAILED)
    }

    /// Returns the fault of this program for which the stream was not read. The item is not complete then, whatever the stream's
    /// state: a deleted one, too, could be read.
    pub(crate) fn fault_of_program(&self) -> Option<Term> {
        let rule = self.rule.as_ref()?;
        [READER_FAILED, STANDSTILL].into_iter().find(|fault| rule.is(*fault))
    }
}

/// What is computed of every stream.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) selection: Selection,
    pub(crate) analysers: &'a Analysers,
}

/// Takes pieces one after the other.
pub(crate) struct StreamReader<'a> {
    analysers: &'a Analysers,
    hasher: StreamHasher,
    taps: Taps,
    at: u64,
    bad_bytes: u64,
    unreadable: BadRanges<String>,
}

/// A reader on its way, as it can be stored.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct SavedReader {
    hasher: Vec<u8>,
    taps: SavedTaps,
    at: u64,
    bad_bytes: u64,
    unreadable: Vec<UnreadRange>,
}

impl SavedReader {
    /// Bytes taken.
    pub(crate) fn position(&self) -> u64 {
        self.at
    }
}

impl<'a> StreamReader<'a> {
    pub(crate) fn new(reading: Reading<'a>, facts: StreamFacts) -> Self {
        Self {
            analysers: reading.analysers,
            hasher: StreamHasher::new(reading.selection),
            taps: Taps::begin(reading.analysers, facts),
            at: 0,
            bad_bytes: 0,
            unreadable: BadRanges::new(MAX_RANGES),
        }
    }

    /// Resumes at the place of a stored reader. `None` when it computed other digests, or another version stored it.
    pub(crate) fn after(
        saved: &SavedReader,
        reading: Reading<'a>,
        facts: StreamFacts,
    ) -> Option<Self> {
        let Reading { selection, analysers } = reading;
        let state = MessageState::from_bytes(&saved.hasher).ok()?;
        let substituted = saved.bad_bytes <= MAX_SUBSTITUTED_BYTES;
        let same = state.selection() == selection && (state.length() == saved.at || !substituted);
        let taps = Taps::restore(analysers, facts, &saved.taps)?;
        (same && taps.position() == saved.at).then(|| Self {
            analysers,
            hasher: StreamHasher::after(state),
            taps,
            at: saved.at,
            bad_bytes: saved.bad_bytes,
            unreadable: BadRanges::after(MAX_RANGES, saved.unreadable.clone()),
        })
    }

    /// Returns the reader as a checkpoint stores it.
    ///
    /// # Errors
    /// When an analyser cannot save its state: after a break the stream is read from its start.
    pub(crate) fn save(&self) -> Result<SavedReader, StateNotSaved> {
        Ok(SavedReader {
            taps: self.taps.save(self.analysers)?,
            hasher: self.hasher.state().to_bytes(),
            at: self.at,
            bad_bytes: self.bad_bytes,
            unreadable: self.unreadable.ranges().to_vec(),
        })
    }

    /// Bytes taken.
    pub(crate) fn position(&self) -> u64 {
        self.at
    }

    pub(crate) fn take(&mut self, piece: Piece<'_>) {
        self.taps.take(self.analysers, piece);
        match piece {
            Piece::Data { bytes, .. } => self.hasher.update(bytes),
            Piece::Zero(count) => self.hasher.update_zeros(count),
            Piece::Bad(count, why) => {
                self.bad_bytes = self.bad_bytes.saturating_add(count);
                self.unreadable.add(self.at, count, why.statement().encode());
                if self.bad_bytes <= MAX_SUBSTITUTED_BYTES {
                    self.hasher.update_zeros(count);
                }
            }
        }
        self.at = self.at.saturating_add(piece.len());
    }

    /// The result; `size` is what the stream should have had.
    pub(crate) fn finish(self) -> StreamResult {
        let disposition = match (self.at, self.bad_bytes) {
            (0, _) => Disposition::Empty,
            (_, 0) => Disposition::Hashed,
            (all, bad) if all == bad => Disposition::Unreadable,
            _ => Disposition::Partial,
        };
        let rule = self.unreadable.first().map(|(start, why)| {
            let why = Statement::decode(&why).unwrap_or_else(|| term!("stream.detail").with(why));
            term!("stream.part-unreadable").with(self.bad_bytes).with(self.at).with(start).with(why)
        });
        let digests = match disposition {
            // A digest of nothing but substitutes says nothing.
            Disposition::Unreadable => Digests::default(),
            _ if self.bad_bytes > MAX_SUBSTITUTED_BYTES => Digests::default(),
            _ => self.hasher.finish(),
        };
        StreamResult {
            disposition,
            rule,
            digests,
            findings: self.taps.finish(self.analysers),
            unreadable: self.unreadable.into_rows(),
        }
    }
}

/// Reads and hashes a stream of a file system alone, from its start to its end, whatever is wrong with it.
pub(crate) fn read_stream(
    volume: &dyn Source,
    stream: &Stream,
    reading: Reading<'_>,
    facts: StreamFacts,
    scratch: &mut Scratch,
) -> StreamResult {
    let mut reader = StreamReader::new(reading, facts);
    let _ = pump(volume, stream, scratch, &mut |piece| {
        reader.take(piece);
        ControlFlow::Continue(())
    });
    reader.finish()
}

#[cfg(test)]
mod tests {
    use analysis::ContentType;
    use byte_source::BadReason;

    use super::*;

    fn files(analysers: &Analysers) -> Reading<'_> {
        Reading { selection: Selection::FILES, analysers }
    }

    #[test]
    fn a_stream_that_claims_an_exabyte_that_is_nowhere_ends_at_once_and_without_digests() {
        let analysers = Analysers::standard(ContentType::PLAIN);
        let mut reader = StreamReader::new(files(&analysers), StreamFacts::of_size(5 + (1 << 60)));
        reader.take(Piece::Data { bytes: b"start", at: 0 });
        reader.take(Piece::Bad(1 << 60, BadReason::BeyondEnd));
        let result = reader.finish();
        assert_eq!(result.disposition, Disposition::Partial);
        assert!(result.digests.is_empty());
        let why = BadReason::BeyondEnd.statement().encode();
        assert_eq!(result.unreadable, [UnreadableRange { offset: 5, length: 1 << 60, why }]);
    }

    #[test]
    fn a_stream_with_a_bad_piece_is_partial_and_says_where() {
        let analysers = Analysers::standard(ContentType::PLAIN);
        let mut reader = StreamReader::new(files(&analysers), StreamFacts::of_size(5));
        reader.take(Piece::Data { bytes: b"abc", at: 0 });
        reader.take(Piece::Bad(2, BadReason::LayoutEnds));
        let result = reader.finish();
        assert_eq!(result.disposition, Disposition::Partial);
        assert!(result.rule.is_some_and(|rule| {
            rule.to_string().starts_with("2 of 5 bytes unreadable, first at 3")
        }));
        assert!(!result.digests.is_empty());
    }
}
