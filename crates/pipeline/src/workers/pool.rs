//! The workers.

use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::ScanError;
use crate::workers::watch::Watch;

/// A pool of `threads` workers, at least one.
pub(crate) fn start_pool(threads: usize) -> Result<ThreadPool, ScanError> {
    build(ThreadPoolBuilder::new(), threads)
}

/// The same, watched over.
pub(crate) fn start_watched_pool(
    threads: usize,
    watch: &Arc<Watch>,
) -> Result<ThreadPool, ScanError> {
    let watch = Arc::clone(watch);
    build(ThreadPoolBuilder::new().start_handler(move |_| watch.enter()), threads)
}

fn build(pool: ThreadPoolBuilder, threads: usize) -> Result<ThreadPool, ScanError> {
    let threads = threads.max(1);
    pool.num_threads(threads)
        .build()
        .map_err(|error| ScanError::Threads { threads, reason: error.to_string() })
}
