//! The journal (jbd2): what was committed to it but not yet written home is read from it.

mod block_tag;
mod fast_commit;
mod find;
mod header;
mod log;
mod overlay;
mod replaced;
mod replay;
mod revoke;
mod superblock;
mod unasked;

pub(super) use fast_commit::{Change, PlacedChange};
pub(super) use replaced::Replaced;
pub(super) use replay::replay;
