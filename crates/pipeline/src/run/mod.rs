//! Several items into one case: read at the same time, written one after the other.

pub(crate) mod batch;
pub(crate) mod batch_item;
pub(crate) mod earlier_scans;
pub(crate) mod item_result;
pub(crate) mod nested;
pub(crate) mod open_item;
pub(crate) mod scan;
