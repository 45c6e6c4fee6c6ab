//! BagIt (RFC 8493): the declaration, the manifests.

use std::collections::BTreeMap;

use case_model::{from_hex, to_hex};
use sha2::{Digest, Sha256};

use super::storage::is_plain;
use crate::merkle::Hash;

/// `bagit.txt`, the same in every bag.
pub(super) const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

pub(super) const DECLARATION_PATH: &str = "bagit.txt";
pub(super) const INFO_PATH: &str = "bag-info.txt";
/// Digests of everything below `data/`.
pub(super) const MANIFEST_PATH: &str = "manifest-sha256.txt";
/// Digests of everything else, the manifest included.
pub(super) const TAG_MANIFEST_PATH: &str = "tagmanifest-sha256.txt";
/// Signature of the tag manifest, hence of the whole export.
pub(super) const SEAL_PATH: &str = "tagmanifest-sha256.txt.note";

/// The label of the record's origin in `bag-info.txt`.
pub(super) const ORIGIN_LABEL: &str = "External-Identifier";

/// File digests by path.
pub(super) type Manifest = BTreeMap<String, Hash>;

pub(super) fn write_manifest(manifest: &Manifest) -> String {
    manifest.iter().map(|(path, digest)| format!("{}  {path}\n", to_hex(digest))).collect()
}

/// Reads a manifest; `None` for a line of another form, an escape, a path outside, or a path named twice.
pub(super) fn parse_manifest(text: &str) -> Option<Manifest> {
    let mut manifest = Manifest::new();
    for line in text.strip_suffix('\n')?.split('\n') {
        let (digest, path) = line.split_once("  ")?;
        let digest: Hash = from_hex(digest).ok()?.try_into().ok()?;
        let new = is_plain(path) && manifest.insert(path.to_owned(), digest).is_none();
        new.then_some(())?;
    }
    Some(manifest)
}

/// Returns whether a payload file is part of the record itself: the verifiers check such a file against the log. Every other payload file
/// is content, whose digests the `export_log` entry names.
pub(super) fn is_of_record(path: &str) -> bool {
    let Some((folder, name)) = path.strip_prefix("data/").and_then(|path| path.rsplit_once('/'))
    else {
        return path == "data/log.jsonl";
    };
    let endings: &[&str] = match folder {
        "checkpoints" => &[".note", ".sshsig"],
        "proofs" => &[".tlog-proof"],
        "signatures" => &[".note"],
        "timestamps" => &[".tsr", ".txt"],
        "keys" => &[".vkey", ".pem", "allowed_signers"],
        _ => &[],
    };
    endings.iter().any(|ending| {
        name.ends_with(ending) && (name.len() > ending.len() || name == "allowed_signers")
    })
}

/// Returns the number of content files, and the digest of their lines in the manifest.
pub(super) fn content_of(payload: &Manifest) -> (u64, Hash) {
    let content: Manifest = payload
        .iter()
        .filter(|(path, _)| !is_of_record(path))
        .map(|(path, digest)| (path.clone(), *digest))
        .collect();
    let files = u64::try_from(content.len()).unwrap_or(u64::MAX);
    (files, Sha256::digest(write_manifest(&content)).into())
}

/// What the seal signs.
pub(super) fn seal_text(origin: &str, tag_manifest: &Hash) -> String {
    format!("athar-custody-export/v1\n{origin}\n{}\n", to_hex(tag_manifest))
}

/// The value behind a label of `bag-info.txt`.
pub(super) fn info_value<'a>(info: &'a str, label: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(label)?.strip_prefix(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_goes_to_text_and_back_and_nothing_else_does() {
        let manifest = Manifest::from([("data/a b".into(), [1; 32]), ("data/é".into(), [2; 32])]);
        let text = write_manifest(&manifest);
        assert_eq!(parse_manifest(&text), Some(manifest));
        for bad in [
            text.replace("data/é", "../é"),
            text.replace("data/é", "data/a b"),
            text.replace("  ", " "),
            text.replace("01", "0g"),
            text.trim_end().to_owned(),
        ] {
            assert_eq!(parse_manifest(&bad), None, "{bad}");
        }
    }

    #[test]
    fn content_is_what_no_verifier_checks_against_the_log() {
        for of_record in [
            "log.jsonl",
            "checkpoints/1-a.note",
            "checkpoints/1-a.note.1.sshsig",
            "keys/allowed_signers",
        ] {
            assert!(is_of_record(&format!("data/{of_record}")), "{of_record}");
        }
        for content in [
            "case.jsonld",
            "files/001.dfxml",
            "checkpoints/x/1.note",
            "keys/.vkey",
            "keys/not-allowed_signers.x",
            "x.note",
        ] {
            assert!(!is_of_record(&format!("data/{content}")), "{content}");
        }
        let mut payload = Manifest::from([
            ("data/log.jsonl".into(), [1; 32]),
            ("data/case.jsonld".into(), [2; 32]),
        ]);
        let before = content_of(&payload);
        payload.insert("data/log.jsonl".into(), [3; 32]);
        assert_eq!((before.0, content_of(&payload)), (1, before));
        payload.insert("data/files/001.dfxml".into(), [4; 32]);
        assert_ne!(content_of(&payload).1, before.1);
    }
}
