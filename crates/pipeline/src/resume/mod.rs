//! Checkpoints, and scans that were interrupted and resume.

pub(crate) mod checkpoints;
pub(crate) mod interrupted_scan;
