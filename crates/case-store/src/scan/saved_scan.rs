//! How far a scan has come, as values.

use std::path::PathBuf;

use crate::file::ids::{ImageId, RowsAbove};

/// Where the scan of one item stands. What the state and the results mean is the scanner's own knowledge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanCheckpoint {
    /// Absolute path of the item.
    pub path: PathBuf,
    /// The image whose rows it covers; `None` before the item's turn to be written.
    pub image: Option<ImageId>,
    /// What the rows depend on beside the evidence: a JSON object.
    pub conditions: String,
    /// Digest of all that the scan planned.
    pub plan: [u8; 32],
    /// Parts of the record tables whose rows are written.
    pub parts: u64,
    /// Nanoseconds that were worked on the item so far.
    pub elapsed_ns: u64,
    /// What the row numbers of the image's rows are above.
    pub above: RowsAbove,
    /// Digests and streams on their way.
    pub state: Vec<u8>,
}

/// Results of streams that were finished since the checkpoint before: the part, and what the scanner made of them.
pub type PartResults = (u64, Vec<u8>);
