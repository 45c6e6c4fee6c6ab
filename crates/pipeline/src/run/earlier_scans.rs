//! What the case has of the items of a run from earlier runs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use case_store::{CaseFile, ImageId};

use crate::item::case_record::discard;
use crate::resume::interrupted_scan::InterruptedScan;
use crate::run::nested::ScanItem;
use crate::{EntryAuthor, ScanError};

/// The cause of a discard when nothing covers the rows.
const BEFORE_CHECKPOINT: &str = "it was broken off before its rows had a checkpoint";

/// Items that earlier runs finished or left interrupted.
#[derive(Default)]
pub(crate) struct EarlierScans {
    /// The rows of items that were scanned to their end.
    pub(crate) scanned: HashMap<PathBuf, ImageId>,
    interrupted: Mutex<HashMap<PathBuf, InterruptedScan>>,
}

impl EarlierScans {
    /// Takes out the scan of this item that can resume.
    pub(crate) fn take_interrupted(&self, path: &Path) -> Option<InterruptedScan> {
        self.interrupted.lock().unwrap_or_else(PoisonError::into_inner).remove(path)
    }

    /// Finds what the case has of `items`. Discards the rows of items whose interrupted scan cannot resume, which the ledger records.
    ///
    /// # Errors
    /// What the case file says.
    pub(crate) fn find(
        case: &mut CaseFile,
        items: &[ScanItem],
        conditions: &str,
        may_resume: bool,
        author: &EntryAuthor,
    ) -> Result<Self, ScanError> {
        let mut found = Self::default();
        for path in items.iter().filter_map(|item| item.place().ok()) {
            let image = match case.image_at(&path)? {
                Some((row, state)) if state == "complete" || state == "incomplete" => {
                    found.scanned.insert(path, row);
                    continue;
                }
                other => other.map(|(row, _)| row),
            };
            let cause = match InterruptedScan::load(case, &path, conditions)? {
                Some(Ok(earlier)) if may_resume => {
                    let covers = earlier.checkpoint.image;
                    found
                        .interrupted
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(path.clone(), earlier);
                    // Its turn had come, but no checkpoint covers its first rows. What it hashed until then remains.
                    if let Some(row) = image.filter(|_| covers.is_none()) {
                        discard(case, Some(row), &path, BEFORE_CHECKPOINT, author)?;
                    }
                    continue;
                }
                Some(Ok(_)) => "it was to be scanned afresh",
                Some(Err(cause)) => cause,
                None if image.is_none() => continue,
                None => BEFORE_CHECKPOINT,
            };
            discard(case, image, &path, cause, author)?;
            case.transaction(|transaction| transaction.remove_scan_checkpoint(&path))?;
        }
        Ok(found)
    }
}
