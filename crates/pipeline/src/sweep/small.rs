//! A batch of small streams through the lanes.

use std::borrow::Cow;

use case_model::{Digests, Disposition};
use hash_engine::Lanes;

use super::collect::{Collector, Cursor, messages};
use super::job::Job;
use super::schedule::SweepVolume;
use super::worker::WorkerTools;
use crate::stream::reader::{StreamResult, TYPE_BYTES, content_type};

/// Reads and hashes streams together; results in the order of the jobs. `None` for those that must be read alone: coded ones, and those
/// with bytes that cannot be read.
pub(crate) fn hash_small(
    volumes: &[SweepVolume<'_>],
    jobs: &[Job],
    tools: &mut WorkerTools,
) -> Vec<Option<StreamResult>> {
    let mut collector = Collector::default();
    let mut message_of: Vec<Option<usize>> = Vec::with_capacity(jobs.len());
    let mut count = 0;
    for job in jobs {
        let added = job.plain_runs().zip(volumes.get(job.volume)).map(|(runs, volume)| {
            let (draft, mut cursor) = (&job.draft, Cursor::default());
            collector.add(volume.source, runs, draft.valid, &mut cursor, draft.size, &mut tools.scratch)
        });
        if matches!(added, Some(Ok(()))) {
            message_of.push(Some(count));
            count += 1;
        } else {
            message_of.push(None);
        }
    }
    let results = hash_collected(&collector, &mut tools.lanes);
    message_of.into_iter().map(|message| results.get(message?).cloned()).collect()
}

/// Digests and types of all messages, in order.
pub(crate) fn hash_collected(collector: &Collector<'_>, lanes: &mut Lanes) -> Vec<StreamResult> {
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
        .map(|(message, digests)| StreamResult {
            disposition: if message.iter().all(|slice| slice.is_empty()) {
                Disposition::Empty
            } else {
                Disposition::Hashed
            },
            rule: None,
            digests,
            content_type: type_of(message),
            unreadable: Vec::new(),
        })
        .collect()
}

/// The content type by the first bytes of a message.
pub(crate) fn type_of(message: &[&[u8]]) -> Option<Cow<'static, str>> {
    match message {
        [] => None,
        [only] => content_type(only.get(..TYPE_BYTES).unwrap_or(only)),
        [first, ..] if first.len() >= TYPE_BYTES => content_type(&first[..TYPE_BYTES]),
        several => {
            let mut head = Vec::with_capacity(TYPE_BYTES);
            for slice in several {
                let room = TYPE_BYTES - head.len();
                head.extend_from_slice(slice.get(..room).unwrap_or(slice));
                if head.len() >= TYPE_BYTES {
                    break;
                }
            }
            content_type(&head)
        }
    }
}
