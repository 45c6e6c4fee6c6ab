//! Bloom filters: taken in, removed, and asked about the files of a case. They rank, and never give a hit.

use std::path::Path;

use case_model::{CaseId, RecordName};
use case_store::{EntryId, StoreError};
use custody::content::{DecimalText, RankingImportContent, RankingRemoveContent};
use hash_set::{BloomFilters, BloomRanking, RankingError, RankingInfo, RankingOptions};
use lab::Lab;

use crate::{CaseworkError, Session};

/// The format of a filter in entries.
pub(super) const FORMAT: &str = "bloom-ranking";

/// What a filter says of a case's files.
#[derive(Clone, Debug, Default)]
pub struct RankedFiles {
    /// Files that may be listed.
    pub maybe: u64,
    /// Rows of files that are certainly not listed.
    pub not_listed: Vec<EntryId>,
}

/// Returns the lab's filters.
#[must_use]
pub fn bloom_filters(lab: &Lab) -> BloomFilters {
    BloomFilters::new(&lab.rankings())
}

impl From<RankingError> for CaseworkError {
    fn from(error: RankingError) -> Self {
        match error {
            RankingError::NotOne { .. } => Self::Request(format!(
                "{error}; `athar hash-set list` shows the lab's sets and rankings"
            )),
            error => Self::Check(error.to_string()),
        }
    }
}

impl Session {
    /// Imports a filter and records it. The second value tells whether it was added; else it was there.
    ///
    /// # Errors
    /// Why the file cannot be imported.
    pub fn import_ranking(
        &mut self,
        file: &Path,
        options: &RankingOptions,
    ) -> Result<(RankingInfo, bool), CaseworkError> {
        let (info, added) = bloom_filters(self.lab()).import(file, options)?;
        if added {
            let content = RankingImportContent {
                set: info.name.clone(),
                version: info.version.clone(),
                digest: info.digest,
                format: FORMAT,
                source: info.source.name.clone(),
                source_sha256: info.source.sha256,
                entries: DecimalText(info.entered),
                remark: "a Bloom filter: never a hit, never a disposition",
            };
            let entry = self.author().entry_since(content, options.imported_at_ns);
            self.append(&RecordName::Lab, entry)?;
        }
        Ok((info, added))
    }

    /// Removes a filter, after the lab's ledger says so.
    ///
    /// # Errors
    /// What keeps the entry from being written or the filter from being removed.
    pub fn remove_ranking(
        &mut self,
        info: &RankingInfo,
        reason: &str,
    ) -> Result<(), CaseworkError> {
        let content = RankingRemoveContent {
            set: info.name.clone(),
            version: info.version.clone(),
            digest: info.digest,
            format: FORMAT,
        };
        let entry = self.author().entry(content).reason(reason);
        self.append(&RecordName::Lab, entry)?;
        Ok(bloom_filters(self.lab()).remove(info)?)
    }

    /// Asks a filter about the files of a case. Files of no bytes, and files that were not wholly read, are not asked about, as in a match.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn rank(
        &mut self,
        id: &CaseId,
        filter: &BloomRanking,
        info: &RankingInfo,
    ) -> Result<RankedFiles, CaseworkError> {
        let case = self.case(id)?;
        // The digests come out of these; a case whose scan was interrupted may not have them.
        case.build_indexes()?;
        let index = case.matching_index();
        let mut ranked = RankedFiles::default();
        index.digests::<StoreError>(info.key.algorithm, |digest, entry| {
            if index.stream(entry)?.is_some_and(|(_, size)| size != 0) {
                match filter.may_list(info.key, digest) {
                    true => ranked.maybe += 1,
                    false => ranked.not_listed.push(entry),
                }
            }
            Ok(())
        })?;
        Ok(ranked)
    }
}
