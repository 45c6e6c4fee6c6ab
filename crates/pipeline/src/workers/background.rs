//! A thread for crates that start none themselves.

use std::io;
use std::thread::Builder;

/// Starts `work` on a thread of its own; it is waited for by whoever gave it.
///
/// # Errors
/// When the system starts no more threads.
pub fn beside(work: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    Builder::new().name("beside".to_owned()).spawn(work).map(drop)
}
