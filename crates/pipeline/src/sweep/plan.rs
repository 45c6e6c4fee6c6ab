//! What a pass shall do, and the list of work that follows from it.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Condvar, Mutex};

use analysis::Analysers;
use byte_source::Source;
use case_model::StopToken;
use hash_engine::Selection;

use super::horizon::horizon_windows;
use super::pass::{State, Sweep, WINDOW_BYTES};
use super::planned::{Limits, PlannedStreams, WorkOrder};
use super::restore::RestoredSweep;
use super::volume::SweepVolume;
use super::windows::WindowedMedium;
use crate::stream::unbatched::UnbatchedStreams;

/// What a pass shall do.
pub(crate) struct SweepPlan<'s> {
    pub(crate) volumes: Vec<SweepVolume<'s>>,
    /// The streams of the parts of all volumes' record tables.
    pub(crate) streams: PlannedStreams,
    pub(crate) medium_digests: Selection,
    pub(crate) stream_digests: Selection,
    /// What looks into every stream.
    pub(crate) analysers: &'s Analysers,
    /// Bytes of streams that are hashed at most without being on the medium, or as many as the medium has.
    pub(crate) most_unstored_bytes: u64,
    /// Bytes of memory that the pass may use for decoded windows.
    pub(crate) memory_bytes: u64,
    /// Where an earlier pass of the same plan was broken off.
    pub(crate) restored: RestoredSweep,
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
            streams,
            medium_digests,
            stream_digests: selection,
            analysers,
            most_unstored_bytes,
            memory_bytes,
            mut restored,
        } = plan;
        let known = !restored.results.is_empty();
        let most_unstored = most_unstored_bytes.max(medium.len());
        let limits = Limits { volumes: &volumes, selection, most_unstored };
        let settled = streams.settle(&limits, restored.parts, |slots| {
            restored.fill(slots);
            known
        });
        let WorkOrder { small, big, slots, left_out } = settled;
        let parts = restored.parts.min(slots.len());
        let alone = restored.alone(&slots);
        let window_bytes = windows.map_or(WINDOW_BYTES, WindowedMedium::window_bytes);
        let state = State::new(medium_digests, (small, big), parts);
        let mut sweep = Self {
            medium,
            windows,
            files,
            window_bytes,
            window_count: medium.len().div_ceil(window_bytes),
            volumes,
            slots,
            alone: UnbatchedStreams::after(alone),
            left_out,
            selection,
            analysers,
            horizon: horizon_windows(windows.is_some(), memory_bytes, window_bytes),
            state: Mutex::new(state),
            wake: Condvar::new(),
            read_again: AtomicU64::new(0),
            stop: StopToken::new(),
            advanced,
        };
        sweep.restore(&restored.sweep);
        sweep
    }
}
