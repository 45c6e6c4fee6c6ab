//! The files: read with limits, compared with the manifests.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::form;
use crate::export::bag::{
    DECLARATION, DECLARATION_PATH, INFO_PATH, MANIFEST_PATH, Manifest, ORIGIN_LABEL, SEAL_PATH,
    TAG_MANIFEST_PATH, content_of, info_value, parse_manifest,
};
use crate::export::finding::{Finding, FindingKind};
use crate::export::storage::ExportInput;
use crate::merkle::Hash;

/// The most files: each proof, signature and checkpoint is one.
const MAX_FILES: usize = 1_000_000;

/// The longest manifest in bytes: [`MAX_FILES`] lines of some 130 bytes.
const MAX_MANIFEST_BYTES: usize = 128 << 20;

/// The longest of the small files in bytes.
const MAX_SMALL_BYTES: usize = 2 << 20;

/// The most findings that are kept; a folder of rubbish has one a file.
const MAX_FINDINGS: usize = 10_000;

/// An export's files and what is wrong so far.
pub(super) struct Files<'a> {
    pub(super) input: &'a dyn ExportInput,
    pub(super) findings: Vec<Finding>,
    pub(super) compared: u64,
    /// The number of content files in the manifest, and the digest of their lines.
    pub(super) content: (u64, Hash),
    /// Sorted.
    paths: Vec<String>,
}

impl<'a> Files<'a> {
    /// Lists the files and compares them with the manifests.
    pub(super) fn check(input: &'a dyn ExportInput) -> Self {
        let mut files = Self {
            input,
            findings: Vec::new(),
            compared: 0,
            content: content_of(&Manifest::new()),
            paths: Vec::new(),
        };
        match input.paths(MAX_FILES) {
            Ok(mut paths) => {
                paths.sort_unstable();
                files.paths = paths;
            }
            Err(error) => files.find("", error.into()),
        }
        files.check_bag();
        files
    }

    /// Compares the files with the declaration and the manifests of a BagIt folder.
    fn check_bag(&mut self) {
        let declaration = self.small(DECLARATION_PATH);
        if declaration.is_some_and(|text| text != DECLARATION.as_bytes()) {
            self.find(DECLARATION_PATH, form("not the declaration of a BagIt 1.0 folder in UTF-8"));
        }
        let tags = self.manifest(TAG_MANIFEST_PATH);
        for needed in [DECLARATION_PATH, INFO_PATH, MANIFEST_PATH] {
            if !tags.contains_key(needed) {
                self.find(needed, FindingKind::NotListed);
            }
        }
        let payload = self.manifest(MANIFEST_PATH);
        let is_payload = |path: &str| path.starts_with("data/");
        self.compare(&tags, |path| {
            !is_payload(path) && ![TAG_MANIFEST_PATH, SEAL_PATH].contains(&path)
        });
        self.compare(&payload, is_payload);
        self.content = content_of(&payload);
    }

    /// Notes that something is wrong.
    pub(super) fn find(&mut self, path: &str, kind: FindingKind) {
        match self.findings.len() {
            MAX_FINDINGS => {
                let kind = FindingKind::LimitReached { what: "findings", limit: MAX_FINDINGS };
                self.findings.push(Finding { path: String::new(), kind });
            }
            less if less < MAX_FINDINGS => {
                self.findings.push(Finding { path: path.to_owned(), kind })
            }
            _ => {}
        }
    }

    /// The files below a folder with this ending.
    pub(super) fn below(&self, folder: &str, ending: &str) -> Vec<String> {
        let chosen =
            self.paths.iter().filter(|path| path.starts_with(folder) && path.ends_with(ending));
        chosen.cloned().collect()
    }

    /// A small file; what keeps it from being read is noted.
    pub(super) fn small(&mut self, path: &str) -> Option<Vec<u8>> {
        self.bounded(path, MAX_SMALL_BYTES)
    }

    /// The record's name as `bag-info.txt` tells it; empty when it does not.
    pub(super) fn origin(&mut self) -> String {
        let info =
            self.small(INFO_PATH).and_then(|info| String::from_utf8(info).ok()).unwrap_or_default();
        let origin = info_value(&info, ORIGIN_LABEL).unwrap_or_default();
        if origin.is_empty() {
            self.find(INFO_PATH, form("no External-Identifier: the record has no name"));
        }
        origin.to_owned()
    }

    /// True when the file is there.
    pub(super) fn has(&self, path: &str) -> bool {
        self.paths.binary_search_by(|there| there.as_str().cmp(path)).is_ok()
    }

    fn bounded(&mut self, path: &str, limit: usize) -> Option<Vec<u8>> {
        if !self.has(path) {
            self.find(path, FindingKind::Missing);
            return None;
        }
        let mut bytes = Vec::new();
        let read = self.input.open(path).and_then(|file| {
            let more = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
            file.take(more).read_to_end(&mut bytes)
        });
        match read {
            Ok(length) if length > limit => {
                self.find(path, FindingKind::LimitReached { what: "bytes", limit })
            }
            Ok(_) => return Some(bytes),
            Err(error) => self.find(path, error.into()),
        }
        None
    }

    fn manifest(&mut self, path: &str) -> Manifest {
        let Some(bytes) = self.bounded(path, MAX_MANIFEST_BYTES) else { return Manifest::new() };
        let manifest = std::str::from_utf8(&bytes).ok().and_then(parse_manifest);
        if manifest.is_none() {
            self.find(
                path,
                form("a line that is no SHA-256, two spaces and a path, or a path named twice"),
            );
        }
        manifest.unwrap_or_default()
    }

    /// Compares all files that a manifest is about.
    fn compare(&mut self, manifest: &Manifest, about: impl Fn(&str) -> bool) {
        let there: Vec<_> = self.paths.iter().filter(|path| about(path)).cloned().collect();
        for path in &there {
            match compare_file(self.input, path, manifest.get(path)) {
                Err(kind) => self.find(path, kind),
                Ok(()) => self.compared = self.compared.saturating_add(1),
            }
        }
        for path in manifest.keys() {
            match about(path) {
                true if there.binary_search(path).is_err() => self.find(path, FindingKind::Missing),
                true => {}
                false => self.find(path, form("listed in the wrong manifest")),
            }
        }
    }
}

/// Compares a file with the digest that its manifest has.
fn compare_file(
    input: &dyn ExportInput,
    path: &str,
    expected: Option<&Hash>,
) -> Result<(), FindingKind> {
    let found = digest(input, path);
    let expected = expected.ok_or(FindingKind::NotListed)?;
    let found = found?;
    match *expected == found {
        true => Ok(()),
        false => Err(FindingKind::Digest { expected: *expected, found }),
    }
}

/// SHA-256 of a file of any length.
pub(super) fn digest(input: &dyn ExportInput, path: &str) -> io::Result<Hash> {
    const BUFFER_BYTES: usize = 64 << 10;
    let mut file = input.open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(digest.finalize().into()),
            count => digest.update(buffer.get(..count).unwrap_or(&buffer)),
        }
    }
}
