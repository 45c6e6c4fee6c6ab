//! The medium's own digests: each is a serial chain over the windows.

use std::ops::{ControlFlow, Range};

use byte_source::{Piece, Scratch, Source};
use case_model::{Digests, UnreadableRange};
use hash_engine::{Selection, StreamHasher};

use super::saved::SavedChain;
use crate::stream::bad_ranges::BadRanges;

/// Unreadable ranges of a medium that are kept one by one.
pub(crate) const MAX_RANGES: usize = 100_000;

/// One digest of the medium on its way.
#[derive(Clone)]
pub(crate) struct Chain {
    hasher: StreamHasher,
    /// The window that comes next.
    pub(crate) next: u64,
    /// A worker takes the next window.
    pub(crate) busy: bool,
}

impl Chain {
    /// Two chains: MD5, SHA-1 and SHA-256 go through the processor side by side, in hardly more time than the slowest of them alone; BLAKE3
    /// goes its own way. What the first one cannot read is kept.
    pub(crate) fn of(selection: Selection) -> Vec<Self> {
        let none = Selection { md5: false, sha1: false, sha256: false, blake3: false };
        [Selection { blake3: false, ..selection }, Selection { blake3: selection.blake3, ..none }]
            .into_iter()
            .filter(|one| *one != none)
            .map(|one| Self { hasher: StreamHasher::new(one), next: 0, busy: false })
            .collect()
    }

    /// The hasher, for a worker; this one keeps its state until the worker is done.
    pub(crate) fn lend(&mut self) -> StreamHasher {
        self.busy = true;
        self.hasher.clone()
    }

    /// Takes the hasher back, one window further.
    pub(crate) fn give_back(&mut self, hasher: StreamHasher) {
        self.hasher = hasher;
        self.next = self.next.saturating_add(1);
        self.busy = false;
    }

    /// Takes zeros for the `count` bytes that are left, up to the end of the medium of `windows` windows: nobody reads them.
    pub(crate) fn pass_over(&mut self, count: u64, windows: u64) {
        self.hasher.update_zeros(count);
        self.next = windows;
        self.busy = false;
    }

    pub(crate) fn save(&self) -> SavedChain {
        SavedChain { next: self.next, state: self.hasher.state().to_bytes() }
    }

    /// Resumes at the place of a stored chain of the same digests; `None` when it is no such chain.
    pub(crate) fn restore(&mut self, saved: &SavedChain, position: u64) -> Option<()> {
        let state = saved.state()?;
        let mine =
            self.hasher.state().selection() == state.selection() && state.length() == position;
        self.hasher = mine.then(|| StreamHasher::after(state))?;
        self.next = saved.next;
        Some(())
    }

    /// The digests of all chains.
    pub(crate) fn finish(chains: Vec<Self>) -> Digests {
        chains
            .into_iter()
            .fold(Digests::default(), |digests, chain| joined(digests, chain.hasher.finish()))
    }
}

/// Hashes a range of the medium; gives what could not be read, for which zeros were taken.
pub(crate) fn take(
    hasher: &mut StreamHasher,
    medium: &dyn Source,
    range: Range<u64>,
    scratch: &mut Scratch,
) -> Vec<UnreadableRange> {
    let mut at = range.start;
    let mut unread = BadRanges::new(MAX_RANGES);
    let _ = medium.visit(range, scratch, &mut |piece| {
        match piece {
            Piece::Data { bytes, .. } => hasher.update(bytes),
            Piece::Zero(count) => hasher.update_zeros(count),
            Piece::Bad(count, why) => {
                hasher.update_zeros(count);
                unread.add(at, count, why);
            }
        }
        at = at.saturating_add(piece.len());
        ControlFlow::Continue(())
    });
    unread.into_rows()
}

/// The digests of both.
pub(crate) fn joined(left: Digests, right: Digests) -> Digests {
    Digests {
        md5: left.md5.or(right.md5),
        sha1: left.sha1.or(right.sha1),
        sha256: left.sha256.or(right.sha256),
        blake3: left.blake3.or(right.blake3),
    }
}
