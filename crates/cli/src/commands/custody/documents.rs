//! Documents beside an entry: photographs, forms, receipts. The entry holds their digests, not their content.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use case_model::to_hex;
use custody::Json;
use sha2::{Digest, Sha256};

use crate::exit::Failure;

/// Name, size and SHA-256 of each.
pub(super) fn documents(paths: &[PathBuf]) -> Result<Json, Failure> {
    let document = |path: &PathBuf| {
        let (sha256, bytes) = digest(path)
            .map_err(|error| Failure::Usage(format!("--document {}: {error}", path.display())))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Json::from([
            ("name", Json::from(name)),
            ("bytes", Json::from(bytes)),
            ("sha256", Json::from(to_hex(&sha256))),
        ]))
    };
    Ok(Json::List(paths.iter().map(document).collect::<Result<_, Failure>>()?))
}

fn digest(path: &Path) -> std::io::Result<([u8; 32], u64)> {
    const BUFFER_BYTES: usize = 1 << 16;
    let mut file = File::open(path)?;
    let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0_u64, vec![0; BUFFER_BYTES]);
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
