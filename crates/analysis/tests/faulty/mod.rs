//! Analysers that break the contract, each in one way.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU8, Ordering};

use analysis::{
    Analyser, FindingsOfAnalyser, MAX_HEAD_BYTES, MAX_STATE_BYTES, StreamAnalysis, StreamFacts,
    Wants,
};
use byte_source::Piece;

/// What is wrong with an analyser. The first two break nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    NeverSaves,
    LargeState,
    CountsPieces,
    CountsZeroPieces,
    ForgetsOnSave,
    SavesPartOfState,
    PanicsOnDamagedState,
    PanicsOnBytes,
    UnknownKey,
    LongHead,
    StateDiffers,
}

/// Counts the bytes of a stream, and is wrong in one way.
pub(crate) struct Faulty(pub(crate) Fault);

impl Analyser for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn version(&self) -> &str {
        "1"
    }

    fn keys(&self) -> &'static [&'static str] {
        &["count"]
    }

    fn wants(&self, _: &StreamFacts) -> Wants {
        if self.0 == Fault::LongHead { Wants::Head(MAX_HEAD_BYTES + 1) } else { Wants::All }
    }

    fn start(&self, _: &StreamFacts) -> Option<Box<dyn StreamAnalysis>> {
        Some(Box::new(Counter { fault: self.0, count: 0, unsaved: 0 }))
    }

    fn restore(&self, _: &StreamFacts, state: &[u8]) -> Option<Box<dyn StreamAnalysis>> {
        let whole = state.try_into();
        assert!(whole.is_ok() || self.0 != Fault::PanicsOnDamagedState, "a damaged state");
        let count =
            if self.0 == Fault::ForgetsOnSave { 0 } else { u64::from_le_bytes(whole.ok()?) };
        Some(Box::new(Counter { fault: self.0, count, unsaved: 0 }))
    }
}

struct Counter {
    fault: Fault,
    count: u64,
    unsaved: u64,
}

impl StreamAnalysis for Counter {
    fn take(&mut self, _: u64, piece: Piece<'_>) -> ControlFlow<()> {
        self.count = self.count.wrapping_add(match self.fault {
            Fault::CountsPieces => 1,
            Fault::CountsZeroPieces if matches!(piece, Piece::Zero(_)) => 0,
            _ => piece.len(),
        });
        self.unsaved = self.unsaved.wrapping_add(piece.len());
        assert!(self.fault != Fault::PanicsOnBytes, "it panics on purpose");
        ControlFlow::Continue(())
    }

    fn save(&self) -> Option<Vec<u8>> {
        static SAVES: AtomicU8 = AtomicU8::new(0);
        match self.fault {
            Fault::NeverSaves => None,
            Fault::LargeState => Some(vec![0; MAX_STATE_BYTES + 1]),
            Fault::StateDiffers => Some(vec![SAVES.fetch_add(1, Ordering::Relaxed)]),
            _ => Some(self.count.to_le_bytes().to_vec()),
        }
    }

    fn finish(self: Box<Self>, findings: &mut FindingsOfAnalyser<'_>) {
        let key = if self.fault == Fault::UnknownKey { "other" } else { "count" };
        let count = if self.fault == Fault::SavesPartOfState { self.unsaved } else { self.count };
        findings.add(key, count.to_string());
    }
}
