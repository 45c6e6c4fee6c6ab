//! The workers.

use rayon::{ThreadPool, ThreadPoolBuilder};
use thiserror::Error;

/// Why an image cannot be looked at. What is wrong with the image itself is in the answer.
#[derive(Debug, Error)]
pub enum LookError {
    /// Threads cannot be started.
    #[error("cannot start {}: {reason}", words::counted(*threads, "worker thread", "worker threads"))]
    Threads {
        /// How many were wanted.
        threads: usize,
        /// What the system said.
        reason: String,
    },
}

/// Starts a pool of `threads` workers, at least one.
pub(crate) fn start_pool(threads: usize) -> Result<ThreadPool, LookError> {
    let threads = threads.max(1);
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| LookError::Threads { threads, reason: error.to_string() })
}
