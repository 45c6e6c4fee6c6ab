//! Checkpoints, and scans that were interrupted and resume.

pub(crate) mod checkpoints;
pub(crate) mod earlier_scan;
pub(crate) mod interrupted_scan;
pub(crate) mod saved_item;
pub(crate) mod unsaved_streams;
