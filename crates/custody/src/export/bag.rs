//! BagIt (RFC 8493): the declaration, the manifests.

use std::collections::BTreeMap;

use case_model::{from_hex, to_hex};

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
}
