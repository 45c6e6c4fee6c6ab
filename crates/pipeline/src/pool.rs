//! The workers.

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::ScanError;

/// A pool of `threads` workers, at least one.
pub(crate) fn start_pool(threads: usize) -> Result<ThreadPool, ScanError> {
    let threads = threads.max(1);
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| ScanError::Threads { threads, reason: error.to_string() })
}
