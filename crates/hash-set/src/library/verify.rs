//! Checking every byte of every set.

use std::path::Path;

use byte_source::length;
use case_model::to_hex;

use super::error::{DamageKind, HashSetError};
use super::open::{Library, OpenSet};
use super::set_file::{FileDigest, SetFile, digest_of};
use crate::compiled::{ContentDigest, DETAILS_FILE, DetailsError};
use crate::{Progress, SetInfo, Stage};

/// A set that is not what was imported.
#[derive(Debug)]
pub struct Finding {
    /// Content digest of the set.
    pub set: [u8; 32],
    /// Name of the set.
    pub name: String,
    /// The file and what is wrong with it.
    pub error: HashSetError,
}

impl Library {
    /// Reads every file of every set again and compares it with what was compiled; recomputes the content digests from the entries.
    /// Empty when all sets are what they say.
    pub fn verify(&self, progress: &mut dyn FnMut(Progress)) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (number, (info, set)) in self.infos.iter().zip(&self.sets).enumerate() {
            let done = length(number);
            let total = length(self.infos.len());
            progress(Progress { stage: Stage::Verifying, done, total });
            if let Err(error) = verify_set(info, set) {
                findings.push(Finding { set: info.digest, name: info.name.clone(), error });
            }
        }
        findings
    }
}

fn verify_set(info: &SetInfo, set: &OpenSet) -> Result<(), HashSetError> {
    for file in SetFile::read(&set.folder)?.files {
        verify_file(&file, &set.folder.join(&file.name))?;
    }
    for hset in &set.hsets {
        hset.verify().map_err(|fault| HashSetError::damaged(&set.folder, fault))?;
    }
    verify_content(info, set, &set.folder.join(DETAILS_FILE))
}

/// Recomputes the content digest from the entries.
fn verify_content(info: &SetInfo, set: &OpenSet, path: &Path) -> Result<(), HashSetError> {
    let damaged = |error: DetailsError| HashSetError::damaged(path, error);
    let found = set.details.entries().map_err(damaged)?;
    if found != info.entries() {
        let expected = info.entries();
        return Err(HashSetError::damaged(
            path,
            DamageKind::Count { what: "entries", expected, found },
        ));
    }
    let found = content_digest(info, set).map_err(damaged)?;
    if found != info.digest {
        let expected = to_hex(&info.digest);
        let found = to_hex(&found);
        return Err(HashSetError::damaged(path, DamageKind::ContentDigest { expected, found }));
    }
    Ok(())
}

/// Compares a file with its stored length and digest.
fn verify_file(file: &FileDigest, path: &Path) -> Result<(), HashSetError> {
    let (bytes, found) = digest_of(path).map_err(HashSetError::io(path))?;
    if bytes != file.bytes {
        let kind = DamageKind::Count { what: "bytes", expected: file.bytes, found: bytes };
        return Err(HashSetError::damaged(path, kind));
    }
    if found != file.sha256 {
        let expected = to_hex(&file.sha256);
        let found = to_hex(&found);
        return Err(HashSetError::damaged(path, DamageKind::FileDigest { expected, found }));
    }
    Ok(())
}

/// Computes the content digest from the stored entries.
fn content_digest(info: &SetInfo, set: &OpenSet) -> Result<[u8; 32], DetailsError> {
    let mut content = ContentDigest::new(&info.category_scheme);
    let mut form = Vec::new();
    for row in 0..info.entries() {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        form.clear();
        set.details.entry(row)?.entry.encode(&mut form);
        content.update(&form);
    }
    Ok(content.finish())
}
