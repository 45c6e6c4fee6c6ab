//! Files that were renamed or moved: the old entry is deleted, the new one names the same first cluster and size.

use std::collections::HashMap;

/// First clusters of deleted files that are in use, with what begins there now.
#[derive(Debug, Default)]
pub(crate) struct Renamed {
    files: HashMap<u32, Option<InUse>>,
}

/// A file in use: its size, and whether it has no chain (exFAT).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct InUse {
    size: u64,
    no_fat_chain: bool,
}

impl Renamed {
    /// Which file in use begins in `cluster`?
    pub(crate) fn ask(&mut self, cluster: u32) {
        self.files.entry(cluster).or_default();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// A file in use of `size` bytes begins in `cluster`.
    pub(crate) fn answer(&mut self, cluster: u32, size: u64, no_fat_chain: bool) {
        if let Some(known) = self.files.get_mut(&cluster) {
            *known = known.or(Some(InUse { size, no_fat_chain }));
        }
    }

    /// If a file in use of just this size begins there: has it no chain?
    pub(crate) fn file(&self, cluster: u32, size: u64) -> Option<bool> {
        let found = self.files.get(&cluster).copied().flatten();
        found.filter(|found| found.size == size).map(|found| found.no_fat_chain)
    }
}
