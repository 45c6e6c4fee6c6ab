//! The digest of a whole file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::{StoreError, io_error};

const READ_BYTES: usize = 1 << 20;

/// SHA-256 and size of a file.
///
/// # Errors
/// What the operating system says.
pub fn file_digest(path: &Path) -> Result<([u8; 32], u64), StoreError> {
    read_file(path, |_| Ok(()))
}

/// Hands over the bytes of a file in pieces. Returns its SHA-256 and its size.
pub(crate) fn read_file(
    path: &Path,
    mut each: impl FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<([u8; 32], u64), StoreError> {
    let failed = |error| io_error(path, error);
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut length = 0_u64;
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        each(bytes)?;
        length = length.saturating_add(crate::file::integers::length(bytes.len()));
    }
    Ok((hasher.finalize().into(), length))
}
