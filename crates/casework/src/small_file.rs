//! Small files that are handed over: notes, keys, proofs, tokens.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use custody::SignedCheckpoint;
use lab::make_durable;

use crate::CaseworkError;

/// The most bytes that are read: notes, keys, proofs and tokens have some kilobytes.
const MAX_BYTES: u64 = 2 << 20;

/// Writes a file that is not there yet.
///
/// # Errors
/// What the operating system says, also that the file is there.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), CaseworkError> {
    let written = File::create_new(path).and_then(|mut file| {
        file.write_all(bytes)?;
        make_durable(path)
    });
    written.map_err(|error| CaseworkError::Check(format!("{}: {error}", path.display())))
}

/// Reads the first two mebibytes of a file that somebody handed over.
///
/// # Errors
/// What the operating system says.
pub fn read_small(path: &Path) -> Result<Vec<u8>, CaseworkError> {
    let failure =
        |error: std::io::Error| CaseworkError::Check(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    File::open(path).map_err(failure)?.take(MAX_BYTES).read_to_end(&mut bytes).map_err(failure)?;
    Ok(bytes)
}

pub(crate) fn read_checkpoint(path: &Path) -> Result<SignedCheckpoint, CaseworkError> {
    let bytes = read_small(path)?;
    SignedCheckpoint::from_bytes(&bytes)
        .map_err(|error| CaseworkError::Check(format!("{}: {error}", path.display())))
}
