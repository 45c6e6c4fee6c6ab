//! One stream's bytes, read back out of the evidence.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;

use byte_source::{Piece, Problem, Scratch};
use case_model::Digests;
use case_store::StoredEntry;
use evidence::{EvidenceError, guarded};
use filesystem::{FileSystem, Stream, pump};
use hash_engine::{Selection, StreamHasher};
use thiserror::Error;

use crate::content_reader::ContentReader;

/// Zeros for holes.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
const ONLY_SHA256: Selection = Selection { md5: false, sha1: false, sha256: true, blake3: false };

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

/// What of a stream is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatPart {
    /// Its content.
    Content,
    /// The slack of its allocation units.
    Slack,
}

/// Why a stream cannot be read back.
#[derive(Debug, Error)]
pub enum CatError {
    /// The evidence cannot be opened.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The place that the index names is not there any more.
    #[error("{0}: the evidence does not hold what the index says: {1} is not there; is it the same image?")]
    NotThere(PathBuf, String),
    /// It has no slack.
    #[error("no slack: {0}")]
    NoSlack(words::Term),
    /// The record cannot be read.
    #[error("{0}")]
    Problem(Problem),
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// Writes the bytes of an entry to `out`.
///
/// # Errors
/// Why it cannot be read back. The caller compares the digest.
pub fn cat(
    entry: &StoredEntry,
    part: CatPart,
    code_page: u16,
    out: &mut dyn Write,
) -> Result<CatReport, CatError> {
    ContentReader::new(code_page, ONLY_SHA256).read(entry, part, out)
}

/// Writes the bytes of a stream to `out`, zeros in the place of what cannot be read.
///
/// # Errors
/// When the output cannot be written, or the reader fails.
pub fn cat_stream(
    file_system: &dyn FileSystem,
    stream: &Stream,
    out: &mut dyn Write,
) -> Result<CatReport, CatError> {
    cat_stream_hashed(file_system, stream, ONLY_SHA256, out)
}

/// As [`cat_stream`], with these digests of what is written.
pub(crate) fn cat_stream_hashed(
    file_system: &dyn FileSystem,
    stream: &Stream,
    digests: Selection,
    out: &mut dyn Write,
) -> Result<CatReport, CatError> {
    let mut scratch = Scratch::new();
    let mut copy = Copy::new(out, digests);
    let volume = file_system.volume().as_ref();
    guarded(|| {
        let _ = pump(volume, stream, &mut scratch, &mut |piece| copy.take(piece));
    })
    .map_err(CatError::Problem)?;
    copy.finish()
}

/// Copies pieces to the output and hashes them.
pub(crate) struct Copy<'o> {
    out: &'o mut dyn Write,
    hasher: StreamHasher,
    bytes: u64,
    bad_bytes: u64,
    failed: Option<io::Error>,
}

impl<'o> Copy<'o> {
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
            let part = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
            self.out.write_all(&ZEROS[..part])?;
            left -= part as u64;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<CatReport, CatError> {
        if let Some(error) = self.failed {
            return Err(error.into());
        }
        self.out.flush()?;
        let digests = self.hasher.finish();
        let sha256 = digests.sha256.unwrap_or([0; 32]);
        Ok(CatReport { bytes: self.bytes, bad_bytes: self.bad_bytes, sha256, digests })
    }
}
