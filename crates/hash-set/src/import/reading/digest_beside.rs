//! Hashing a file on another thread, while its rows are read here.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use byte_source::length;
use sha2::{Digest, Sha256};

use crate::Beside;

/// Bytes read at once.
const BUFFER_BYTES: usize = 1 << 20;

/// How often it is told how far the hashing is.
const STEP: Duration = Duration::from_millis(100);

/// A digest that is being computed. When it is dropped, the other thread stops after what it is reading.
pub(super) struct DigestBeside {
    done: Receiver<io::Result<(u64, [u8; 32])>>,
    shared: Arc<Shared>,
}

/// What both threads see.
#[derive(Default)]
struct Shared {
    given_up: AtomicBool,
    /// Bytes hashed.
    bytes: AtomicU64,
}

impl DigestBeside {
    /// Begins to hash `file` from its first byte to its end; its position is neither used nor changed.
    pub(super) fn begin(file: File, beside: Beside) -> io::Result<Self> {
        let (result, done) = sync_channel(1);
        let shared = Arc::<Shared>::default();
        let seen = Arc::clone(&shared);
        beside(Box::new(move || {
            // Nobody waits for it any more when it cannot be sent.
            let _ = result.send(digest(&file, &seen));
        }))?;
        Ok(Self { done, shared })
    }

    /// Waits for length in bytes and SHA-256; tells `each` meanwhile how many bytes are done.
    pub(super) fn result(self, each: &mut dyn FnMut(u64)) -> io::Result<(u64, [u8; 32])> {
        loop {
            match self.done.recv_timeout(STEP) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Timeout) => each(self.shared.bytes.load(Ordering::Relaxed)),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other(RecvTimeoutError::Disconnected));
                }
            }
        }
    }
}

impl Drop for DigestBeside {
    fn drop(&mut self) {
        self.shared.given_up.store(true, Ordering::Relaxed);
    }
}

fn digest(file: &File, shared: &Shared) -> io::Result<(u64, [u8; 32])> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut at = 0_u64;
    while !shared.given_up.load(Ordering::Relaxed) {
        let count = match file.read_at(&mut buffer, at) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
            return Ok((at, hasher.finalize().into()));
        };
        hasher.update(bytes);
        at = at.saturating_add(length(count));
        shared.bytes.store(at, Ordering::Relaxed);
    }
    Err(io::ErrorKind::Interrupted.into())
}
