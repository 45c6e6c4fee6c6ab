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
        Self::default().find_all(case, items, &Search { conditions, may_resume, author })
    }

    fn find_all(
        mut self,
        case: &mut CaseFile,
        items: &[ScanItem],
        search: &Search<'_>,
    ) -> Result<Self, ScanError> {
        for path in items.iter().filter_map(|item| item.place().ok()) {
            match case.image_at(&path)? {
                Some((row, state)) if state == "complete" || state == "incomplete" => {
                    self.scanned.insert(path, row);
                }
                other => self.find_interrupted(case, path, other.map(|(row, _)| row), search)?,
            }
        }
        Ok(self)
    }

    /// Keeps the interrupted scan of an item, whose row may be there, or discards it.
    fn find_interrupted(
        &mut self,
        case: &mut CaseFile,
        path: PathBuf,
        row: Option<ImageId>,
        search: &Search<'_>,
    ) -> Result<(), ScanError> {
        let cause = match InterruptedScan::load(case, &path, search.conditions)? {
            Some(Ok(earlier)) if search.may_resume => {
                // Its turn had come, but no checkpoint covers its first rows. What it hashed until then remains.
                if let Some(row) = row.filter(|_| earlier.checkpoint.image.is_none()) {
                    discard(case, Some(row), &path, BEFORE_CHECKPOINT, search.author)?;
                }
                let interrupted =
                    self.interrupted.get_mut().unwrap_or_else(PoisonError::into_inner);
                interrupted.insert(path, earlier);
                return Ok(());
            }
            Some(Ok(_)) => "it was to be scanned afresh",
            Some(Err(cause)) => cause,
            None if row.is_none() => return Ok(()),
            None => BEFORE_CHECKPOINT,
        };
        discard(case, row, &path, cause, search.author)?;
        Ok(case.transaction(|transaction| transaction.remove_scan_checkpoint(&path))?)
    }
}

/// What a scan of today asks of an earlier one.
struct Search<'s> {
    /// What the rows depend on besides the evidence.
    conditions: &'s str,
    may_resume: bool,
    author: &'s EntryAuthor,
}
