//! Several items into one case: read at the same time, written one after the other.

pub(crate) mod batch;
pub(crate) mod commit_order;
pub(crate) mod deferred_events;
pub(crate) mod nested;
pub(crate) mod scan;
