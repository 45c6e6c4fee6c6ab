//! What is kept of the scan of an item that was broken off.

use std::path::Path;

use case_model::to_hex;
use case_store::{CaseFile, ScanCheckpoint};
use hash_set::Library;

use crate::resume::saved_item::{Covers, SavedItem};
use crate::sweep::{RestoredSweep, load_results};
use crate::verdict::Verdict;
use crate::{EntryAuthor, ScanConfig, ScanError};

/// Changes with what a checkpoint holds, or with how a scan is divided into parts.
const FORMAT: u32 = 5;

/// A scan of an item that can go on.
pub(crate) struct InterruptedScan {
    pub(crate) checkpoint: ScanCheckpoint,
    pub(crate) item: SavedItem,
    results: Vec<(usize, Vec<u8>)>,
}

impl InterruptedScan {
    /// The checkpoint of the item with this absolute path, when there is one; the error is why it cannot be used.
    ///
    /// # Errors
    /// What the case file says.
    pub(crate) fn load(
        case: &CaseFile,
        path: &Path,
        conditions: &str,
    ) -> Result<Option<Result<Self, &'static str>>, ScanError> {
        let Some((checkpoint, stored, is_sealed)) = case.scan_checkpoint(path)? else {
            return Ok(None);
        };
        if !is_sealed {
            return Ok(Some(Err(
                "what it was to go on from is not what this lab's key sealed: somebody changed it, or the key is another one",
            )));
        }
        if checkpoint.conditions != conditions {
            return Ok(Some(Err(
                "the program, the configuration or the hash sets are not the same as then",
            )));
        }
        let item = postcard::from_bytes(&checkpoint.state).ok();
        let results: Option<Vec<_>> = stored
            .into_iter()
            .map(|(part, bytes)| {
                load_results(&bytes).and(Some((usize::try_from(part).ok()?, bytes)))
            })
            .collect();
        let kept = item.zip(results).map(|(item, results)| Self { checkpoint, item, results });
        Ok(Some(kept.ok_or("its checkpoint is damaged")))
    }

    /// True when the scan that is planned now is the one that was broken off.
    pub(crate) fn fits(&self, plan: &[u8; 32]) -> bool {
        self.checkpoint.plan == *plan
    }

    /// What its checkpoint covers, and the verdict so far.
    pub(crate) fn written(&self) -> (Covers, Verdict) {
        let ScanCheckpoint { image, parts, above, .. } = self.checkpoint;
        (Covers { image, parts, above }, self.item.verdict)
    }

    /// Where the sweep goes on.
    pub(crate) fn restored(&mut self) -> RestoredSweep {
        RestoredSweep {
            parts: usize::try_from(self.checkpoint.parts).unwrap_or(usize::MAX),
            sweep: self.item.sweep.clone(),
            results: std::mem::take(&mut self.results),
        }
    }
}

/// What the rows of a scan depend on, beside the evidence.
pub(crate) fn conditions(config: &ScanConfig, library: &Library, scribe: &EntryAuthor) -> String {
    let configuration: serde_json::Value =
        serde_json::from_str(&ScanConfig { nested: false, ..config.clone() }.to_json())
            .unwrap_or_default();
    let sets: Vec<String> = library.active().map(|set| to_hex(&set.digest)).collect();
    let tool = &scribe.tool;
    let program = [tool.name.as_str(), tool.version.as_str(), tool.commit.as_str()];
    let analysers: Vec<(&str, &str)> = config.analysers.identities().collect();
    serde_json::json!({
        "format": FORMAT,
        "program": program,
        "configuration": configuration,
        "sets": sets,
        "analysers": analysers,
    })
    .to_string()
}
