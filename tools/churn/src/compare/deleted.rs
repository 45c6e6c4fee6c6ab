//! No name that is live is listed a second time as deleted.

use super::Comparison;
use crate::churn::shown;
use crate::file_systems::Family;

impl Comparison<'_> {
    /// Looks for deleted rows with the path and the record of a live entry.
    pub(super) fn deleted(&mut self) {
        let disk = self.disk;
        let has_records = matches!(self.system.family, Family::Ext | Family::Ntfs);
        for entry in disk.truth.iter().filter(|entry| has_records && entry.kind != "broken") {
            let live = self.found.live.get(&entry.path).and_then(|rows| rows.first());
            let generation = live.map(|row| row["generation"].clone()).unwrap_or_default();
            let second = self.found.deleted.get(&entry.path).into_iter().flatten().find(|row| {
                row["record"].as_u64() == Some(entry.record) && row["generation"] == generation
            });
            if let Some(row) = second {
                let what = format!(
                    "record {} generation {} {}",
                    row["record"], row["generation"], row["rule"]
                );
                self.verdict.differ("live-name-called-deleted", &shown(&entry.path), what);
            }
        }
    }
}
