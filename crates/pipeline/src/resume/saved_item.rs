//! What a checkpoint keeps of an item, and which rows it covers.

use case_store::{ImageId, RowsAbove};
use serde::{Deserialize, Serialize};

use crate::sweep::SavedSweep;
use crate::verdict::Verdict;

/// Verdict, digests and streams on their way.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct SavedItem {
    pub(crate) verdict: Verdict,
    pub(crate) sweep: SavedSweep,
}

/// Whose rows a checkpoint covers.
#[derive(Clone, Copy, Default)]
pub(crate) struct Covers {
    pub(crate) image: Option<ImageId>,
    pub(crate) parts: u64,
    pub(crate) above: RowsAbove,
}
