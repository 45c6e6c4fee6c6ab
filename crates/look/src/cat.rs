//! One stream's bytes, read back out of the evidence.

use std::io::{self, Write};
use std::path::PathBuf;

use byte_source::{Problem, Scratch};
use case_store::StoredEntry;
use evidence::{EvidenceError, guarded};
use filesystem::{FileSystem, Stream, pump};
use hash_engine::Selection;
use thiserror::Error;

use crate::content_reader::ContentReader;
use crate::stream_copy::{CatReport, StreamCopy};

const ONLY_SHA256: Selection = Selection { md5: false, sha1: false, sha256: true, blake3: false };

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
    let mut copy = StreamCopy::new(out, digests);
    let volume = file_system.volume().as_ref();
    guarded(|| {
        let _ = pump(volume, stream, &mut scratch, &mut |piece| copy.take(piece));
    })
    .map_err(CatError::Problem)?;
    Ok(copy.finish()?)
}
