//! Where the result of a stream goes.

/// The place of a result: part of all record tables, stream of those of the part that are swept.
pub(crate) type Slot = (usize, usize);
