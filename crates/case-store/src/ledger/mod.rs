//! The custody ledger's rows and its checkpoints.

pub(crate) mod checkpoint;
pub(crate) mod rows;
