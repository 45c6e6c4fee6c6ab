//! What a pass shall do, and the list of work that follows from it.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Condvar, Mutex};

use byte_source::Source;
use hash_engine::Selection;

use super::chain::{Chain, MAX_RANGES};
use super::horizon::horizon_bytes;
use super::job::{Draft, Job};
use super::restore::Restored;
use super::schedule::{SMALL_BYTES, State, Sweep, SweepVolume, WINDOW_BYTES};
use super::sharing::Shared;
use super::slots::PartSlots;
use super::windows::WindowedMedium;
use crate::bad_ranges::BadRanges;

/// What a pass shall do.
pub(crate) struct SweepPlan<'s> {
    pub(crate) volumes: Vec<SweepVolume<'s>>,
    /// The streams of each part of each volume's record table, with the volume; the parts of all volumes in one row.
    pub(crate) drafts: Vec<(usize, Vec<Draft>)>,
    pub(crate) medium_digests: Selection,
    pub(crate) stream_digests: Selection,
    /// Bytes of memory that the pass may use for decoded windows.
    pub(crate) memory_bytes: u64,
    /// Where an earlier pass of the same plan was broken off.
    pub(crate) restored: Restored,
}

impl<'s> Sweep<'s> {
    /// Plans a pass over a medium; of a coded one, `windows` is the medium itself. `files` are what the medium is read from.
    pub(crate) fn new(
        medium: &'s dyn Source,
        windows: Option<&'s WindowedMedium>,
        files: &'s [Arc<dyn Source>],
        plan: SweepPlan<'s>,
        advanced: &'s (dyn Fn(u64) + Sync),
    ) -> Self {
        let SweepPlan {
            volumes,
            drafts,
            medium_digests,
            stream_digests: selection,
            memory_bytes,
            mut restored,
        } = plan;
        let slots: Vec<PartSlots> = drafts.iter().map(|(_, drafts)| PartSlots::new(drafts.len())).collect();
        let parts = restored.fill(&slots);
        let jobs = drafts.into_iter().enumerate().flat_map(|(part, (volume, drafts))| {
            drafts.into_iter().enumerate().map(move |(index, draft)| Job { volume, part, index, draft })
        });
        let is_big = |job: &Job| job.draft.size > SMALL_BYTES && job.plain_runs().is_some();
        let left =
            |job: &Job| job.part >= parts && slots.get(job.part).is_some_and(|slots| !slots.has(job.index));
        let (mut big, mut small): (Vec<Job>, Vec<Job>) = jobs.partition(is_big);
        let mut claimed = 0;
        let mut shared = Shared::take_out(&mut small, medium.len(), &mut claimed);
        shared.join(Shared::take_out(&mut big, medium.len(), &mut claimed));
        for (part, index) in &shared.over {
            if let Some(slots) = slots.get(*part).filter(|_| *part >= parts) {
                slots.put(*index, Shared::result_over(), true);
            }
        }
        shared.complete(&slots);
        small.retain(left);
        big.retain(left);
        small.sort_by_key(|job| (job.draft.last, job.part, job.index));
        big.sort_by_key(|job| (job.draft.first, job.part, job.index));
        let window_bytes = windows.map_or(WINDOW_BYTES, WindowedMedium::window_bytes);
        let state = State {
            chains: Chain::of(medium_digests),
            unread: BadRanges::new(MAX_RANGES),
            decoded: 0,
            decoded_ahead: BTreeSet::new(),
            next_decode: 0,
            next_small: 0,
            next_big: 0,
            active: Vec::new(),
            busy: Vec::new(),
            next_part: parts,
            written_parts: parts,
            evicted: 0,
            rows_open: false,
            stop: false,
        };
        let mut sweep = Self {
            medium,
            windows,
            files,
            window_bytes,
            window_count: medium.len().div_ceil(window_bytes),
            volumes,
            small,
            big,
            slots,
            shared,
            selection,
            horizon: (horizon_bytes(windows.is_some(), memory_bytes) / window_bytes).max(8),
            state: Mutex::new(state),
            wake: Condvar::new(),
            read_again: AtomicU64::new(0),
            advanced,
        };
        sweep.restore(&restored.sweep);
        sweep
    }
}
