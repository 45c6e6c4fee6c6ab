//! What a worker owns.

use byte_source::Scratch;
use hash_engine::{Lanes, Selection};

/// A worker's own decoded units and lanes.
pub(crate) struct WorkerTools {
    pub(crate) scratch: Scratch,
    pub(crate) lanes: Lanes,
}

impl WorkerTools {
    pub(crate) fn new(selection: Selection) -> Self {
        Self { scratch: Scratch::new(), lanes: Lanes::new(selection) }
    }
}
