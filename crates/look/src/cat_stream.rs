//! The bytes of one stream of a file system.

use std::io::Write;

use byte_source::Scratch;
use evidence::guarded;
use filesystem::{FileSystem, Stream, pump};
use hash_engine::Selection;

use crate::cat_error::CatError;
use crate::stream_copy::{CatReport, StreamCopy};

/// The digest of a stream that is compared with nothing.
pub(crate) const ONLY_SHA256: Selection =
    Selection { md5: false, sha1: false, sha256: true, blake3: false };

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
