//! The medium's own digests: each is a serial chain over the windows.

use std::ops::{ControlFlow, Range};

use byte_source::{Piece, Scratch, Source};
use case_model::Digests;
use hash_engine::{Selection, StreamHasher};

use crate::bad_ranges::BadRanges;

/// Unreadable ranges of a medium that are kept one by one.
const MAX_RANGES: usize = 100_000;

/// One digest of the medium on its way.
pub(crate) struct Chain {
    hasher: StreamHasher,
    unreadable: Option<BadRanges>,
}

impl Chain {
    /// Two chains: MD5, SHA-1 and SHA-256 go through the processor side by side, in hardly more time than the slowest of them alone; BLAKE3
    /// goes its own way. The first one keeps the unreadable ranges.
    pub(crate) fn of(selection: Selection) -> Vec<Self> {
        let none = Selection { md5: false, sha1: false, sha256: false, blake3: false };
        let mut chains: Vec<Self> =
            [Selection { blake3: false, ..selection }, Selection { blake3: selection.blake3, ..none }]
                .into_iter()
                .filter(|one| *one != none)
                .map(|one| Self { hasher: StreamHasher::new(one), unreadable: None })
                .collect();
        if let Some(first) = chains.first_mut() {
            first.unreadable = Some(BadRanges::new(MAX_RANGES));
        }
        chains
    }

    /// Takes the next range of the medium.
    pub(crate) fn take(&mut self, medium: &dyn Source, range: Range<u64>, scratch: &mut Scratch) {
        let mut at = range.start;
        let _ = medium.visit(range, scratch, &mut |piece| {
            match piece {
                Piece::Data { bytes, .. } => self.hasher.update(bytes),
                Piece::Zero(count) => self.hasher.update_zeros(count),
                Piece::Bad(count, why) => {
                    self.hasher.update_zeros(count);
                    if let Some(unreadable) = &mut self.unreadable {
                        unreadable.add(at, count, why);
                    }
                }
            }
            at = at.saturating_add(piece.len());
            ControlFlow::Continue(())
        });
    }

    /// The digests of all chains, and the unreadable ranges: first byte, length, why.
    pub(crate) fn finish(chains: Vec<Self>) -> (Digests, Vec<(u64, u64, String)>) {
        let mut digests = Digests::default();
        let mut unreadable = Vec::new();
        for chain in chains {
            digests = joined(digests, chain.hasher.finish());
            unreadable.extend(chain.unreadable.map(BadRanges::into_rows).unwrap_or_default());
        }
        (digests, unreadable)
    }
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
