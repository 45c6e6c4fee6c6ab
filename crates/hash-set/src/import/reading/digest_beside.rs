//! Hashing a file on another thread, while its rows are read here.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};

use byte_source::length;
use sha2::{Digest, Sha256};

use crate::Beside;

/// Bytes read at once.
const BUFFER_BYTES: usize = 1 << 20;

/// A digest that is being computed. When it is dropped, the other thread stops after what it is reading.
pub(super) struct DigestBeside {
    done: Receiver<io::Result<(u64, [u8; 32])>>,
    given_up: Arc<AtomicBool>,
}

impl DigestBeside {
    /// Begins to hash `file` from its first byte to its end; its position is neither used nor changed.
    pub(super) fn begin(file: File, beside: Beside) -> io::Result<Self> {
        let (result, done) = sync_channel(1);
        let given_up = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&given_up);
        beside(Box::new(move || {
            // Nobody waits for it any more when it cannot be sent.
            let _ = result.send(digest(&file, &stop));
        }))?;
        Ok(Self { done, given_up })
    }

    /// Waits for length in bytes and SHA-256.
    pub(super) fn result(self) -> io::Result<(u64, [u8; 32])> {
        self.done.recv().map_err(io::Error::other)?
    }
}

impl Drop for DigestBeside {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}

fn digest(file: &File, stop: &AtomicBool) -> io::Result<(u64, [u8; 32])> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut at = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        let count = match file.read_at(&mut buffer, at) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
            return Ok((at, hasher.finalize().into()));
        };
        hasher.update(bytes);
        at = at.saturating_add(length(count));
    }
    Err(io::ErrorKind::Interrupted.into())
}
