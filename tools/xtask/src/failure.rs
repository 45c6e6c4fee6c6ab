//! Why a command could not do its work: as the failing storage says it.

pub(crate) use faults::{Attempt, Failure, Outcome};
