//! A whole medium read for its digests alone.

use std::sync::Arc;

use analysis::{Analysers, ContentType};
use byte_source::Source;
use case_model::StopToken;
use evidence::Spill;
use hash_engine::Selection;
use rayon::ThreadPool;

use crate::ScanError;
use crate::error::unless_stopped;
use crate::sweep::{PlannedStreams, RestoredSweep, Sweep, SweepPlan, SweepResult, WindowedMedium};

/// Reads a whole medium once: a coded one is decoded by all workers, its digests are computed side by side.
///
/// # Errors
/// [`ScanError::Stopped`] after a stop.
pub(crate) fn read_medium(
    pool: &ThreadPool,
    medium: &Arc<dyn Source>,
    selection: Selection,
    memory_bytes: u64,
    advanced: &(dyn Fn(u64) + Sync),
    stop: &StopToken,
) -> Result<SweepResult, ScanError> {
    let windows = (medium.grain() > 1).then(|| WindowedMedium::new(Arc::clone(medium)));
    // There are no streams to look into.
    let analysers = Analysers::standard(ContentType::PLAIN);
    let plan = plan_of_medium(medium.len(), selection, &analysers, memory_bytes);
    let source: &dyn Source = match &windows {
        Some(windows) => windows,
        None => medium.as_ref(),
    };
    let mut sweep = Sweep::new(source, windows.as_ref(), &[], plan, advanced);
    sweep.stop_on(stop);
    pool.in_place_scope(|scope| {
        for _ in 0..pool.current_num_threads().max(1) {
            scope.spawn(|_| sweep.work(&|_, _, _| true));
        }
    });
    unless_stopped(stop)?;
    Ok(sweep.finish())
}

/// Plans a pass for the digests of a medium alone.
fn plan_of_medium(
    medium_bytes: u64,
    medium_digests: Selection,
    analysers: &Analysers,
    memory_bytes: u64,
) -> SweepPlan<'_> {
    SweepPlan {
        volumes: Vec::new(),
        streams: PlannedStreams::new(medium_bytes, Arc::new(Spill::in_memory())),
        medium_digests,
        stream_digests: Selection { md5: false, sha1: false, sha256: false, blake3: false },
        analysers,
        most_unstored_bytes: 0,
        memory_bytes,
        restored: RestoredSweep::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::ops::{ControlFlow, Range};
    use std::os::unix::fs::FileExt;
    use std::sync::atomic::{AtomicU64, Ordering};

    use byte_source::{PositionedFile, Scratch, Visitor};

    use super::*;

    /// Counts what is asked of a file.
    struct Counted(PositionedFile, Arc<AtomicU64>);

    impl Source for Counted {
        fn len(&self) -> u64 {
            self.0.len()
        }

        fn grain(&self) -> u32 {
            self.0.grain()
        }

        fn visit(
            &self,
            range: Range<u64>,
            scratch: &mut Scratch,
            each: &mut Visitor<'_>,
        ) -> ControlFlow<()> {
            self.1.fetch_add(range.end - range.start, Ordering::Relaxed);
            self.0.visit(range, scratch, each)
        }
    }

    #[test]
    fn a_medium_that_cannot_be_mapped_is_read_once_for_all_its_digests() {
        let file = tempfile::tempfile().unwrap();
        let len = 50_000_123_u64;
        file.set_len(len).unwrap();
        file.write_all_at(&vec![3; 3_000_000], 20_000_000).unwrap();
        let mut whole = vec![0; usize::try_from(len).unwrap()];
        file.read_exact_at(&mut whole, 0).unwrap();
        let read = Arc::new(AtomicU64::new(0));
        let medium: Arc<dyn Source> =
            Arc::new(Counted(PositionedFile::new(file, len), Arc::clone(&read)));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let result =
            read_medium(&pool, &medium, Selection::MEDIUM, 1 << 24, &|_| {}, &StopToken::new())
                .unwrap();
        assert_eq!(result.digests.blake3, Some(*blake3::hash(&whole).as_bytes()));
        assert!(result.digests.sha256.is_some() && result.unreadable.is_empty());
        assert_eq!(read.load(Ordering::Relaxed), len, "SHA-256 and BLAKE3 share what was read");
    }
}
