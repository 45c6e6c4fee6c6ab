//! What a scan may be told.

use std::sync::Arc;
use std::time::Duration;

use analysis::{Analysers, ContentType};
use hash_engine::Selection;

use crate::stream::reader::Reading;

/// Configuration of a scan. It is recorded in the ledger: the same evidence, sets and configuration give the same index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanConfig {
    /// Workers; does not change the index.
    pub threads: usize,
    /// Digests of streams.
    pub digests: Selection,
    /// What looks into every stream. The ledger names it with its versions; it is no part of [`Self::to_json`].
    pub analysers: Arc<Analysers>,
    /// DOS code page of FAT short names.
    pub code_page: u16,
    /// Bytes that are hashed of an item at most without being on it: zeros of holes, and what decoding adds. 8 TiB take some three hours of one
    /// core. Streams with the fewest come first; one beyond keeps the item from being complete.
    pub max_unstored_bytes: u64,
    /// Bytes of memory to use, about; does not change the index.
    pub memory_bytes: u64,
    /// How much work may have to be done again when the scan is broken off; does not change the index.
    pub checkpoint_every: Duration,
    /// Scan items from their start although an earlier scan of them could go on; does not change the index.
    pub afresh: bool,
    /// Read the images in files of the items, too, as items of their own; does not change the index of the items themselves.
    pub nested: bool,
    /// A record or stream that takes longer is told and named in the ledger, and so is an item of which nothing is finished for longer; does
    /// not change the index.
    pub slow_after: Duration,
}

impl Default for ScanConfig {
    fn default() -> Self {
        Self {
            threads: 1,
            digests: Selection::FILES,
            analysers: Arc::new(Analysers::standard(ContentType::with_images(
                evidence::image_type,
            ))),
            code_page: 437,
            max_unstored_bytes: 8 << 40,
            memory_bytes: 1 << 30,
            checkpoint_every: Duration::from_secs(10),
            afresh: false,
            nested: false,
            slow_after: Duration::from_secs(30),
        }
    }
}

impl ScanConfig {
    /// As for one of several items that are read at the same time: each has its part of the memory.
    #[must_use]
    pub(crate) fn shared_by(self, items: usize) -> Self {
        let items = byte_source::length(items.max(1));
        Self { memory_bytes: self.memory_bytes.checked_div(items).unwrap_or(0), ..self }
    }

    /// Returns what is computed of every stream.
    pub(crate) fn reading(&self) -> Reading<'_> {
        Reading { selection: self.digests, analysers: &self.analysers }
    }

    /// This with what [`Self::to_json`] wrote of another; `None` when that is not what it wrote.
    #[must_use]
    pub fn with_json(self, json: &str) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(json).ok()?;
        let named = value.get("digests")?.as_array()?;
        let chosen = |name: &str| named.iter().any(|digest| digest.as_str() == Some(name));
        let digests = Selection {
            md5: chosen("md5"),
            sha1: chosen("sha1"),
            sha256: chosen("sha256"),
            blake3: chosen("blake3"),
        };
        let code_page = u16::try_from(value.get("code_page")?.as_u64()?).ok()?;
        // An earlier version wrote no such value.
        let max_unstored_bytes = value
            .get("max_unstored_bytes")
            .map_or(Some(self.max_unstored_bytes), serde_json::Value::as_u64)?;
        let nested = value.get("nested").is_some_and(|nested| nested.as_bool() == Some(true));
        Some(Self { digests, code_page, max_unstored_bytes, nested, ..self })
    }

    /// The configuration as a canonical JSON object, without what does not change the index.
    #[must_use]
    pub fn to_json(&self) -> String {
        let digests: Vec<&str> = [
            (self.digests.md5, "md5"),
            (self.digests.sha1, "sha1"),
            (self.digests.sha256, "sha256"),
            (self.digests.blake3, "blake3"),
        ]
        .into_iter()
        .filter_map(|(chosen, name)| chosen.then_some(name))
        .collect();
        let mut value = serde_json::json!({
            "code_page": self.code_page, "digests": digests, "max_unstored_bytes": self.max_unstored_bytes
        });
        if self.nested {
            value["nested"] = true.into();
        }
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_comes_back_from_what_the_case_keeps_of_it() {
        let digests = Selection { md5: false, ..Selection::FILES };
        let written = ScanConfig {
            digests,
            code_page: 850,
            max_unstored_bytes: 7,
            nested: true,
            ..ScanConfig::default()
        };
        assert_eq!(ScanConfig::default().with_json(&written.to_json()), Some(written.clone()));
        assert_eq!(written.with_json("{}"), None);
        let of_before =
            r#"{"code_page":437,"digests":["md5","sha1","sha256"],"max_hole_bytes":17179869184}"#;
        assert_eq!(ScanConfig::default().with_json(of_before), Some(ScanConfig::default()));
    }
}
