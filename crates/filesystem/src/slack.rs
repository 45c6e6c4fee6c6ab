//! The slack of a stream: bytes of its allocation units that its readers never see.

use crate::{Layout, Place, Run, Stream, StreamKind};
use words::{Term, term};

/// What lies in the allocation units of a stream besides its content. Older content survives there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slack {
    /// The bytes, as a stream of their own: first `never_written`, then `behind_end`. What is not on the medium is left out.
    pub stream: Stream,
    /// Bytes before the stream's end that read as zeros, but have a place: behind the valid length, or in space that was
    /// allocated and never written.
    pub never_written: u64,
    /// Bytes from the stream's end to the end of its last allocation unit.
    pub behind_end: u64,
}

/// The slack of a stream.
///
/// # Errors
/// Why the stream has none of its own, or nobody can know it.
pub fn slack(stream: &Stream) -> Result<Slack, Term> {
    let runs = match &stream.layout {
        Layout::Runs(runs) => runs,
        Layout::Inline { .. } => return Err(term!("fs.content-lies-record-no-allocation")),
        Layout::Coded(_) => return Err(term!("fs.content-compressed-last-unit-filled")),
        Layout::Encrypted(how) | Layout::Unsupported(how) | Layout::Lost(how) => return Err(*how),
    };
    let mut parts = Parts::default();
    let mut start = 0_u64;
    for run in runs {
        parts.take(run, start, stream);
        start = start.saturating_add(run.length);
    }
    Ok(parts.slack(stream))
}

#[derive(Default)]
struct Parts {
    never_written: Vec<Run>,
    behind_end: Vec<Run>,
}

impl Parts {
    /// Takes what a run, which begins at byte `start` of the stream, holds besides content.
    fn take(&mut self, run: &Run, start: u64, stream: &Stream) {
        let end = start.saturating_add(run.length);
        let valid = stream.valid.min(stream.size).clamp(start, end);
        let size = stream.size.clamp(valid, end);
        if let Place::Unwritten(at) = run.place {
            add(&mut self.never_written, at, 0, valid.saturating_sub(start));
        }
        if let Place::At(at) | Place::Unwritten(at) = run.place {
            add(
                &mut self.never_written,
                at,
                valid.saturating_sub(start),
                size.saturating_sub(valid),
            );
            add(&mut self.behind_end, at, size.saturating_sub(start), end.saturating_sub(size));
        }
    }

    fn slack(self, of: &Stream) -> Slack {
        let sum = |runs: &[Run]| runs.iter().fold(0_u64, |sum, run| sum.saturating_add(run.length));
        let never_written = sum(&self.never_written);
        let behind_end = sum(&self.behind_end);
        let size = never_written.saturating_add(behind_end);
        let mut runs = self.never_written;
        runs.extend(self.behind_end);
        let stream = Stream {
            kind: StreamKind::Slack,
            name: of.name.clone(),
            size,
            valid: size,
            layout: Layout::Runs(runs),
            confidence: of.confidence,
        };
        Slack { stream, never_written, behind_end }
    }
}

/// `length` bytes, `from` bytes behind the place `at`.
fn add(runs: &mut Vec<Run>, at: u64, from: u64, length: u64) {
    if length > 0 {
        runs.push(Run { length, place: Place::At(at.saturating_add(from)) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Confidence;

    fn of(size: u64, valid: u64, runs: &[(u64, Place)]) -> (u64, u64, Vec<(u64, u64)>) {
        let layout = Layout::Runs(
            runs.iter().map(|(length, place)| Run { length: *length, place: *place }).collect(),
        );
        let confidence = Confidence::Recorded;
        let slack = slack(&Stream {
            kind: StreamKind::Data,
            name: Vec::new(),
            size,
            valid,
            layout,
            confidence,
        })
        .unwrap();
        let Layout::Runs(runs) = slack.stream.layout else { panic!("no runs") };
        let place = |run: &Run| match run.place {
            Place::At(at) => (at, run.length),
            other => panic!("{other:?}"),
        };
        assert_eq!(slack.stream.size, slack.never_written + slack.behind_end);
        (slack.never_written, slack.behind_end, runs.iter().map(place).collect())
    }

    #[test]
    fn slack_is_what_the_clusters_hold_behind_the_valid_length_and_behind_the_end() {
        let two = [(4096, Place::At(10_000)), (4096, Place::At(50_000))];
        assert_eq!(of(5000, 5000, &two), (0, 3192, vec![(50_904, 3192)]));
        assert_eq!(
            of(5000, 4000, &two),
            (1000, 3192, vec![(14_000, 96), (50_000, 904), (50_904, 3192)])
        );
        assert_eq!(of(8192, 8192, &two), (0, 0, vec![]));
        // A whole cluster that was allocated beforehand.
        assert_eq!(of(100, 100, &two), (0, 8092, vec![(10_100, 3996), (50_000, 4096)]));
    }

    #[test]
    fn holes_are_left_out_and_space_never_written_is_not() {
        let runs = [(4096, Place::Hole), (4096, Place::Unwritten(8192)), (4096, Place::Unknown)];
        assert_eq!(of(12_000, 12_000, &runs), (4096, 0, vec![(8192, 4096)]));
        assert_eq!(of(5000, 5000, &runs), (904, 3192, vec![(8192, 904), (9096, 3192)]));
    }

    #[test]
    fn hostile_lengths_do_not_overflow() {
        let runs = [(u64::MAX, Place::At(u64::MAX)), (u64::MAX, Place::At(1))];
        let (never, behind, _) = of(7, 9, &runs);
        assert_eq!((never, behind), (0, u64::MAX - 7));
    }
}
