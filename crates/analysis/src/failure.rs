//! An analyser that panics loses its findings of the stream, and nothing else is lost.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The analyser panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Panicked;

/// Calls an analyser. After a panic nothing that the call changed may be used.
pub(crate) fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| Panicked)
}
