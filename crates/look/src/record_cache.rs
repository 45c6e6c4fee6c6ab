//! Records kept from the first look, so that a listing needs no second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use byte_source::Problem;
use case_model::StopToken;
use evidence::{Gatherer, Names, NoScanWatch, Spill, gather_names_and};
use filesystem::{FileSystem, Layout, Record, Stream};

/// Bytes of records that a listing may keep from its first look; with more it looks twice, so that memory stays bounded.
pub(crate) const MOST_KEPT_BYTES: u64 = 192 << 20;

/// The names of a file system, and all records in the order of their slots, without their layouts and details; `None` where they are too
/// many for `most_bytes`. Must run on a pool.
pub(crate) fn gather_kept(
    file_system: &dyn FileSystem,
    most_bytes: u64,
) -> (Names, Option<Vec<Record>>) {
    let room = Room { left: AtomicU64::new(most_bytes) };
    let spill = Arc::new(Spill::in_memory());
    let (names, kept) =
        gather_names_and(file_system, spill, &NoScanWatch, &StopToken::new(), &room);
    let kept = room.is_left().then(|| kept.into_iter().flatten().collect());
    (names, kept)
}

/// Room for records that are kept, shared by the workers.
struct Room {
    left: AtomicU64,
}

impl Gatherer for Room {
    type Taken = Vec<Record>;
    type Made = Vec<Record>;

    fn take_record(&self, kept: &mut Vec<Record>, record: Record) {
        if self.is_left() {
            kept.extend(self.keep(record));
        } else {
            *kept = Vec::new();
        }
    }

    fn finish(&self, _: usize, kept: Vec<Record>) -> Vec<Record> {
        kept
    }
}

impl Room {
    fn is_left(&self) -> bool {
        self.left.load(Ordering::Relaxed) > 0
    }

    /// The record without what a listing does not show; `None` when there is no room for it, or for an earlier one.
    fn keep(&self, mut record: Record) -> Option<Record> {
        record.details = Vec::new();
        let mut bytes =
            size_of::<Record>().saturating_add(record.streams.len() * size_of::<Stream>());
        for stream in &mut record.streams {
            stream.layout = Layout::Runs(Vec::new());
            bytes = bytes.saturating_add(stream.name.len());
        }
        let target = record.target.as_ref().map_or(0, |(raw, readable)| raw.len() + readable.len());
        let bytes = bytes
            .saturating_add(target)
            .saturating_add(record.problems.len() * size_of::<Problem>())
            as u64;
        let take = |left: u64| Some(left.saturating_sub(bytes));
        let before =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).unwrap_or(0);
        (before > bytes).then_some(record)
    }
}
