//! The streams that checkpoints of an item did without, and why.

use std::collections::{BTreeMap, BTreeSet};

use analysis::MAX_STATE_BYTES;
use words::{Statement, term};

use crate::stream::slot::Slot;
use crate::stream::unsaved_stream::UnsavedStream;

/// Counts streams whose place was missing in a checkpoint, by analyser.
///
/// A checkpoint lists the streams on their way alone, some for each worker, so this stays small.
#[derive(Debug, Default)]
pub(crate) struct UnsavedStreams {
    by_analyser: BTreeMap<String, OfAnalyser>,
}

#[derive(Debug, Default)]
struct OfAnalyser {
    streams: BTreeSet<Slot>,
    /// The largest state; `None` when the analyser cannot save its state at all.
    most_bytes: Option<u64>,
}

impl UnsavedStreams {
    /// Returns the streams of one checkpoint.
    pub(crate) fn of(streams: &[UnsavedStream]) -> Self {
        let mut unsaved = Self::default();
        unsaved.add(streams);
        unsaved
    }

    /// Adds the streams of a checkpoint. Returns one statement for each analyser that was not met before.
    pub(crate) fn add(&mut self, streams: &[UnsavedStream]) -> Vec<Statement> {
        let known: BTreeSet<String> = self.by_analyser.keys().cloned().collect();
        for stream in streams {
            let of_analyser = self.by_analyser.entry(stream.analyser.clone()).or_default();
            of_analyser.streams.insert(stream.slot);
            of_analyser.most_bytes = of_analyser.most_bytes.max(stream.state_bytes);
        }
        let new = self.by_analyser.iter().filter(|(analyser, _)| !known.contains(*analyser));
        new.map(|(analyser, of_analyser)| of_analyser.statement(analyser)).collect()
    }

    /// Returns one statement for each analyser, with the number of streams.
    pub(crate) fn statements(&self) -> Vec<Statement> {
        self.by_analyser
            .iter()
            .map(|(analyser, of_analyser)| of_analyser.statement(analyser))
            .collect()
    }
}

impl OfAnalyser {
    fn statement(&self, analyser: &str) -> Statement {
        let streams = u64::try_from(self.streams.len()).unwrap_or(u64::MAX);
        let limit = u64::try_from(MAX_STATE_BYTES).unwrap_or(u64::MAX);
        match self.most_bytes {
            Some(bytes) => {
                let what = term!("checkpoint.state-too-large").with(streams).with(analyser);
                what.with(bytes).with(limit)
            }
            None => term!("checkpoint.state-not-saved").with(streams).with(analyser),
        }
    }
}

#[cfg(test)]
mod tests {
    use analysis::StateNotSaved;
    use words::Language;

    use super::*;

    #[test]
    fn a_stream_counts_once_and_its_largest_state_is_named() {
        let mut unsaved = UnsavedStreams::default();
        let too_large =
            |index, bytes| UnsavedStream::new((0, index), StateNotSaved::TooLarge("big", bytes));
        let never = UnsavedStream::new((0, 1), StateNotSaved::Never("never"));
        assert_eq!(unsaved.add(&[too_large(1, 70_000), too_large(2, 90_000)]).len(), 1);
        assert!(unsaved.add(&[too_large(1, 80_000)]).is_empty(), "told before");
        assert_eq!(unsaved.add(&[never]).len(), 1);
        let texts: Vec<String> =
            unsaved.statements().iter().map(|said| said.text(Language::English)).collect();
        assert!(texts[0].starts_with("checkpoints did without 2 streams: "), "{texts:?}");
        assert!(texts[0].contains("analyser big has up to 90000 bytes"), "{texts:?}");
        assert!(texts[1].starts_with("checkpoints did without 1 stream: "), "{texts:?}");
    }
}
