//! What became of the items of a run.

use std::path::PathBuf;

use case_store::{ImageId, RunState};
use words::Statement;

use crate::ScanError;
use crate::item::phases::certified::CertifiedItem;

/// What became of an item.
#[derive(Debug)]
pub enum ItemResult {
    /// Scanned: its row in the case, its state, and what its checkpoints did without.
    Scanned(ImageId, RunState, Vec<Statement>),
    /// It is in the case already (this row): nothing was done.
    AlreadyThere(ImageId, PathBuf),
    /// It is a segment of an image given before: read with that one.
    Segment(PathBuf),
    /// It could not be taken in; nothing is recorded of it but the failure.
    Failed(PathBuf, String),
    /// An image in a file that is listed and not read inside: the limit that it would pass.
    LeftOut(PathBuf, Statement),
    /// An image in a file whose bytes are read elsewhere in the same exhibit: where.
    Same(PathBuf, Statement),
}

impl From<CertifiedItem> for ItemResult {
    fn from(item: CertifiedItem) -> Self {
        Self::Scanned(item.row, item.state, item.checkpoint_notes)
    }
}

/// Returns the results of a batch of `count` items.
///
/// # Errors
/// The first error of an item; a stop is told only when nothing else ended the batch.
pub(crate) fn all_done(
    results: Vec<Result<ItemResult, ScanError>>,
    count: usize,
) -> Result<Vec<ItemResult>, ScanError> {
    let (mut done, mut stopped) = (Vec::with_capacity(count), results.len() < count);
    for result in results {
        match result {
            Ok(result) => done.push(result),
            Err(ScanError::Stopped) => stopped = true,
            Err(error) => return Err(error),
        }
    }
    if stopped { Err(ScanError::Stopped) } else { Ok(done) }
}
