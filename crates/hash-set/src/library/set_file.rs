//! `set.json`: the description of a compiled set.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use byte_source::length;
use case_model::to_hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::{DamageKind, HashSetError};
use crate::aside::Aside;
use crate::compiled::{DETAILS_FILE, hset_file};
use crate::set_info::hex_digest;
use crate::{Beside, Rejection, SetInfo};

/// Name of the file.
pub(super) const SET_FILE: &str = "set.json";
/// Version of the folder's layout.
const VERSION: u32 = 1;
/// Digits of the content digest in the folder's name.
const NAME_DIGITS: usize = 32;

/// What `set.json` holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SetFile {
    version: u32,
    pub(super) set: SetInfo,
    /// The first rejected records.
    pub(super) rejected: Vec<Rejection>,
    pub(super) files: Vec<FileDigest>,
}

/// Identity of one of the other files.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FileDigest {
    pub(super) name: String,
    pub(super) bytes: u64,
    #[serde(with = "hex_digest")]
    pub(super) sha256: [u8; 32],
}

impl SetFile {
    /// Describes the files in `folder`, writes `set.json` there and makes it durable. Two threads hash, where `beside` starts one.
    pub(super) fn write(
        folder: &Path,
        set: SetInfo,
        rejected: Vec<Rejection>,
        beside: Option<Beside>,
    ) -> io::Result<()> {
        let place = folder.to_path_buf();
        let details = Aside::begin(beside, move || file_digest(&place, DETAILS_FILE.to_owned()))?;
        let names = set.digests.iter().map(|count| hset_file(count.algorithm));
        let mut files: Vec<_> =
            names.map(|name| file_digest(folder, name)).collect::<io::Result<_>>()?;
        files.push(details.result()??);
        let text = serde_json::to_vec_pretty(&Self { version: VERSION, set, rejected, files })?;
        let mut file = File::options().write(true).create_new(true).open(folder.join(SET_FILE))?;
        file.write_all(&text)?;
        file.sync_all()
    }

    /// Reads `set.json` in `folder`, and checks that it stands in the right folder.
    pub(super) fn read(folder: &Path) -> Result<Self, HashSetError> {
        let path = folder.join(SET_FILE);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(HashSetError::damaged(&path, DamageKind::Missing));
            }
            read => read.map_err(HashSetError::io(&path))?,
        };
        let this: Self =
            serde_json::from_slice(&text).map_err(|error| HashSetError::damaged(&path, error))?;
        if this.version != VERSION {
            let fault = DamageKind::Version { expected: VERSION, found: this.version };
            return Err(HashSetError::damaged(&path, fault));
        }
        let expected = folder_name(&this.set.digest);
        match folder.file_name().is_some_and(|name| name == expected.as_str()) {
            true => Ok(this),
            false => Err(HashSetError::damaged(folder, DamageKind::Folder { expected })),
        }
    }
}

/// Name of the folder of the set with this content digest.
pub(super) fn folder_name(content_digest: &[u8; 32]) -> String {
    to_hex(content_digest).chars().take(NAME_DIGITS).collect()
}

fn file_digest(folder: &Path, name: String) -> io::Result<FileDigest> {
    let (bytes, sha256) = digest_of(&folder.join(&name))?;
    Ok(FileDigest { name, bytes, sha256 })
}

/// Length in bytes and SHA-256 of a file.
pub(super) fn digest_of(path: &Path) -> io::Result<(u64, [u8; 32])> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0_u64;
    loop {
        let count = file.read(&mut buffer)?;
        let Some(part) = buffer.get(..count).filter(|part| !part.is_empty()) else {
            return Ok((bytes, hasher.finalize().into()));
        };
        hasher.update(part);
        bytes = bytes.saturating_add(length(count));
    }
}
