//! Documents that belong to an entry: photographs, forms, receipts. The entry holds their digests, not their content.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use case_model::to_hex;
use custody::content::Document;
use sha2::{Digest, Sha256};

use crate::CaseworkError;

/// Returns name, size and SHA-256 of each.
pub(crate) fn documents(paths: &[PathBuf]) -> Result<Vec<Document>, CaseworkError> {
    let document = |path: &PathBuf| {
        let (sha256, bytes) = digest(path).map_err(|error| {
            CaseworkError::Request(format!("--document {}: {error}", path.display()))
        })?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Document { name, bytes, sha256: to_hex(&sha256) })
    };
    paths.iter().map(document).collect()
}

fn digest(path: &Path) -> std::io::Result<([u8; 32], u64)> {
    const BUFFER_BYTES: usize = 1 << 16;
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut bytes = 0_u64;
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((hasher.finalize().into(), bytes)),
            count => {
                hasher.update(&buffer[..count]);
                bytes += count as u64;
            }
        }
    }
}
