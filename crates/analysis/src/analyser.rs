//! The contract of every analyser.

use std::ops::ControlFlow;

use byte_source::Piece;

use crate::{FindingsOfAnalyser, Head, NamedStream, StreamFacts};

/// Looks into streams and says what it found.
///
/// Its findings are a function of the stream's bytes and facts alone: not of how the bytes are divided, of other streams, of the machine,
/// the time, or the number of threads. [`crate::conformance`] tries that for any analyser.
///
/// A panic costs the findings of the stream in which it happens, and is reported in their place.
pub trait Analyser: Send + Sync {
    /// Returns the name: lower case and hyphens, the same for ever.
    fn name(&self) -> &'static str;

    /// Returns the version of what it finds. Every change of a finding needs another one, and so do other rules or tables.
    fn version(&self) -> &str;

    /// Returns the keys of its findings: codes, the words for which are made where people read them.
    fn keys(&self) -> &'static [&'static str];

    /// Returns what it wants of a stream.
    fn wants(&self, facts: &StreamFacts) -> Wants;

    /// Returns true when what it wants or finds depends on [`StreamFacts::record`].
    ///
    /// Records that share their bytes are then analysed each by itself. That costs memory and reading, so the default is false.
    fn tells_records_apart(&self) -> bool {
        false
    }

    /// Looks at the start of a stream, which it asked for with [`Wants::Head`]. Called once a stream.
    fn head(&self, facts: &StreamFacts, head: Head<'_>, findings: &mut FindingsOfAnalyser<'_>) {
        let _ = (facts, head, findings);
    }

    /// Starts with a stream all of whose bytes it asked for with [`Wants::All`]. `None` takes the wish back.
    fn start(&self, facts: &StreamFacts) -> Option<Box<dyn StreamAnalysis>> {
        let _ = facts;
        None
    }

    /// Continues where [`StreamAnalysis::save`] of the same version left off. `None` for bytes that are no such state: the stream is then
    /// read from its start.
    fn restore(&self, facts: &StreamFacts, state: &[u8]) -> Option<Box<dyn StreamAnalysis>> {
        let _ = (facts, state);
        None
    }

    /// Adds what follows from the names of a stream and the findings so far, all of this analyser. Called when the row of the stream is made.
    fn conclude(&self, stream: &NamedStream<'_>, findings: &mut FindingsOfAnalyser<'_>) {
        let _ = (stream, findings);
    }
}

/// What an analyser wants of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// Nothing.
    Nothing,
    /// The first bytes, so many at most, up to [`crate::MAX_HEAD_BYTES`].
    Head(usize),
    /// All bytes in order.
    All,
}

/// An analyser on its way through one stream.
///
/// Memory and time are its own duty: a bounded state, and no more than linear time. [`Piece::Zero`] may stand for terabytes, and must not
/// cost more than a digest of them does.
pub trait StreamAnalysis: Send {
    /// Takes a piece, never an empty one; `at` is its place in the stream. Pieces come in order and without gaps, divided anywhere; zeros
    /// come as [`Piece::Zero`] or as data. The place on the medium in [`Piece::Data`] is not given.
    ///
    /// `Break` when no further byte matters: the state is kept until the end.
    fn take(&mut self, at: u64, piece: Piece<'_>) -> ControlFlow<()>;

    /// Returns the state for a checkpoint, [`crate::MAX_STATE_BYTES`] at most. `None` when it cannot be saved: after a break the stream
    /// is then read from its start.
    fn save(&self) -> Option<Vec<u8>>;

    /// Ends the stream.
    fn finish(self: Box<Self>, findings: &mut FindingsOfAnalyser<'_>);
}
