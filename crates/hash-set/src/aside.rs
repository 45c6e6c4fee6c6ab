//! Work that may be done on another thread, while this one does its own.

use std::io;
use std::sync::mpsc::{Receiver, sync_channel};

/// Starts work on a thread of the caller's.
pub type Beside = fn(Box<dyn FnOnce() + Send>) -> io::Result<()>;

/// What the work gives.
pub(crate) enum Aside<T> {
    /// It is done.
    Here(T),
    /// Another thread does it.
    There(Receiver<T>),
}

impl<T: Send + 'static> Aside<T> {
    /// Begins `work` on a thread of the caller's; without one, does it now.
    pub(crate) fn begin(
        beside: Option<Beside>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Self> {
        let Some(beside) = beside else {
            return Ok(Self::Here(work()));
        };
        let (result, coming) = sync_channel(1);
        beside(Box::new(move || {
            // Nobody waits for it any more when it cannot be sent.
            let _ = result.send(work());
        }))?;
        Ok(Self::There(coming))
    }

    /// Waits for the result.
    pub(crate) fn result(self) -> io::Result<T> {
        match self {
            Self::Here(result) => Ok(result),
            Self::There(coming) => coming.recv().map_err(io::Error::other),
        }
    }
}
