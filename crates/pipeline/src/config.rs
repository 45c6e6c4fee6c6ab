//! What a scan may be told.

use hash_engine::Selection;

/// Configuration of a scan. It is recorded in the ledger: the same evidence, sets and configuration give the same index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanConfig {
    /// Workers; does not change the index.
    pub threads: usize,
    /// Digests of streams.
    pub digests: Selection,
    /// DOS code page of FAT short names.
    pub code_page: u16,
    /// A stream with holes of more bytes than this in all is not hashed: terabytes of zeros that are not on the medium would take hours.
    pub max_hole_bytes: u64,
    /// Bytes of memory to use, about; does not change the index.
    pub memory_bytes: u64,
}

impl Default for ScanConfig {
    fn default() -> Self {
        Self {
            threads: 1,
            digests: Selection::FILES,
            code_page: 437,
            max_hole_bytes: 16 << 30,
            memory_bytes: 1 << 30,
        }
    }
}

impl ScanConfig {
    /// As for one of several items that are read at the same time: each has its part of the memory.
    #[must_use]
    pub(crate) fn shared_by(self, items: usize) -> Self {
        Self { memory_bytes: self.memory_bytes / items.max(1) as u64, ..self }
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
        serde_json::json!({ "code_page": self.code_page, "digests": digests, "max_hole_bytes": self.max_hole_bytes }).to_string()
    }
}
