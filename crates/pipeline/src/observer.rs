//! What a scan tells while it runs.

use std::path::Path;
use words::Statement;

/// Takes what a scan tells. Called from workers: must be quick.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn event(&self, event: &Event<'_>);
}

/// Something that happened: kinds with values. Whoever shows it makes the words.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// An item begins: its number from 1, how many there are, its path.
    Item(usize, usize, &'a Path),
    /// A stage of the item begins.
    Stage(Stage),
    /// How the evidence is read, and why.
    Reading(&'a Statement),
    /// The item's scan was broken off before: what becomes of that.
    BrokenOff(&'a Statement),
    /// Where names and plans are kept that memory has no room for; `true`: they stay in memory, beyond the limit, and why.
    Memory(&'a Statement, bool),
    /// A checkpoint does without something, or what it held did not fit: what, and why.
    Checkpoint(&'a Statement),
    /// Something takes long: what, and for how many seconds.
    Slow(&'a Statement),
    /// Bytes of work done since the last event of this kind.
    Advanced(u64),
}

/// A stage of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Container, volumes, file systems.
    Open,
    /// Names and metadata.
    Gather,
    /// Content; so many bytes of work in all (medium and streams).
    Hash(u64),
    /// Indexes and the verdict.
    Certify,
}
