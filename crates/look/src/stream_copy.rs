//! Copies the pieces of a stream to an output.

use std::io::{self, Write};
use std::ops::ControlFlow;

use byte_source::Piece;
use case_model::Digests;
use hash_engine::{Selection, StreamHasher};

/// Zeros for holes.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// What reading a stream back gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatReport {
    /// Bytes that were written.
    pub bytes: u64,
    /// Bytes that could not be read; zeros stand in their place.
    pub bad_bytes: u64,
    /// SHA-256 of what was written.
    pub sha256: [u8; 32],
    /// All digests of what was written that were asked for.
    pub digests: Digests,
}

/// Copies pieces to the output and hashes them.
pub(crate) struct StreamCopy<'o> {
    out: &'o mut dyn Write,
    hasher: StreamHasher,
    bytes: u64,
    bad_bytes: u64,
    failed: Option<io::Error>,
}

impl<'o> StreamCopy<'o> {
    pub(crate) fn new(out: &'o mut dyn Write, digests: Selection) -> Self {
        Self { out, hasher: StreamHasher::new(digests), bytes: 0, bad_bytes: 0, failed: None }
    }

    pub(crate) fn take(&mut self, piece: Piece<'_>) -> ControlFlow<()> {
        let written = match piece {
            Piece::Data { bytes, .. } => {
                self.hasher.update(bytes);
                self.out.write_all(bytes)
            }
            Piece::Zero(count) => self.zeros(count),
            Piece::Bad(count, _) => {
                self.bad_bytes = self.bad_bytes.saturating_add(count);
                self.zeros(count)
            }
        };
        self.bytes = self.bytes.saturating_add(piece.len());
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn zeros(&mut self, count: u64) -> io::Result<()> {
        self.hasher.update_zeros(count);
        let mut left = count;
        while left > 0 {
            let zeros = ZEROS.get(..byte_source::index(left)).unwrap_or(&ZEROS);
            self.out.write_all(zeros)?;
            left = left.saturating_sub(u64::try_from(zeros.len()).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    /// Ends the copy.
    ///
    /// # Errors
    /// What the output said at its first failure.
    pub(crate) fn finish(self) -> io::Result<CatReport> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.out.flush()?;
        let digests = self.hasher.finish();
        let sha256 = digests.sha256.unwrap_or([0; 32]);
        Ok(CatReport { bytes: self.bytes, bad_bytes: self.bad_bytes, sha256, digests })
    }
}
