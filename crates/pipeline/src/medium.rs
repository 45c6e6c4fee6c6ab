//! A whole medium read for its digests alone.

use std::sync::Arc;

use byte_source::Source;
use evidence::Spill;
use hash_engine::Selection;
use rayon::ThreadPool;

use crate::sweep::{PlannedStreams, Restored, Sweep, SweepPlan, SweepResult, WindowedMedium};

/// Reads a whole medium once: a coded one is decoded by all workers, its digests are computed side by side.
pub(crate) fn read_medium(
    pool: &ThreadPool,
    medium: &Arc<dyn Source>,
    selection: Selection,
    memory_bytes: u64,
    advanced: &(dyn Fn(u64) + Sync),
) -> SweepResult {
    let windows = (medium.grain() > 1).then(|| WindowedMedium::new(Arc::clone(medium)));
    let plan = SweepPlan {
        volumes: Vec::new(),
        streams: PlannedStreams::new(medium.len(), Arc::new(Spill::in_memory())),
        medium_digests: selection,
        stream_digests: Selection { md5: false, sha1: false, sha256: false, blake3: false },
        memory_bytes,
        restored: Restored::default(),
    };
    let source: &dyn Source = match &windows {
        Some(windows) => windows,
        None => medium.as_ref(),
    };
    let sweep = Sweep::new(source, windows.as_ref(), &[], plan, advanced);
    pool.in_place_scope(|scope| {
        for _ in 0..pool.current_num_threads().max(1) {
            scope.spawn(|_| sweep.work(&|_, _, _| true));
        }
    });
    sweep.finish()
}
