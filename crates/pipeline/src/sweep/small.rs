//! A batch of small streams through the lanes.

use analysis::{Analysers, Findings, StreamFacts, Taps};
use byte_source::Piece;
use case_model::{Digests, Disposition};
use hash_engine::Lanes;

use super::collect::{Collector, Cursor, messages};
use super::job::Job;
use super::volume::SweepVolume;
use super::worker::WorkerTools;
use crate::stream::reader::StreamResult;

/// Reads and hashes streams together; results in the order of the jobs. `None` for those that must be read alone: coded ones, and those
/// with bytes that cannot be read.
pub(crate) fn hash_small(
    volumes: &[SweepVolume<'_>],
    jobs: &[Job],
    analysers: &Analysers,
    tools: &mut WorkerTools,
) -> Vec<Option<StreamResult>> {
    let mut collector = Collector::default();
    let mut message_of: Vec<Option<usize>> = Vec::with_capacity(jobs.len());
    let mut facts: Vec<StreamFacts> = Vec::with_capacity(jobs.len());
    for job in jobs {
        let added = job.plain_runs().zip(volumes.get(job.volume)).map(|(runs, volume)| {
            let (draft, mut cursor) = (&job.draft, Cursor::default());
            collector.add(volume.source, runs, draft.valid, &mut cursor, draft.size, &mut tools.scratch)
        });
        if matches!(added, Some(Ok(()))) {
            message_of.push(Some(facts.len()));
            facts.push(job.facts());
        } else {
            message_of.push(None);
        }
    }
    let results = hash_collected(&collector, &facts, analysers, &mut tools.lanes);
    message_of.into_iter().map(|message| results.get(message?).cloned()).collect()
}

/// Returns digests and findings of all messages, in order; `facts` of each.
pub(crate) fn hash_collected(
    collector: &Collector<'_>,
    facts: &[StreamFacts],
    analysers: &Analysers,
    lanes: &mut Lanes,
) -> Vec<StreamResult> {
    let (slices, ends) = collector.slices();
    let messages = messages(&slices, ends);
    let mut digests = vec![Digests::default(); messages.len()];
    lanes.digest_many(&messages, |message, result| {
        if let Some(place) = digests.get_mut(message) {
            *place = result;
        }
    });
    messages
        .iter()
        .zip(digests)
        .zip(facts)
        .map(|((message, digests), facts)| StreamResult {
            disposition: if message.iter().all(|slice| slice.is_empty()) {
                Disposition::Empty
            } else {
                Disposition::Hashed
            },
            rule: None,
            digests,
            findings: findings_of(message, *facts, analysers),
            unreadable: Vec::new(),
        })
        .collect()
}

/// Returns what analysers find in a whole message.
fn findings_of(message: &[&[u8]], facts: StreamFacts, analysers: &Analysers) -> Findings {
    let mut taps = Taps::begin(analysers, facts);
    take_slices(&mut taps, message, analysers);
    taps.finish(analysers)
}

/// Takes the next slices of a stream; holes are slices of zeros.
pub(crate) fn take_slices(taps: &mut Taps, message: &[&[u8]], analysers: &Analysers) {
    for bytes in message {
        taps.take(analysers, Piece::Data { bytes, at: u64::MAX });
    }
}
