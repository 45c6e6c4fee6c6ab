//! A container against its own digests.

pub(crate) mod read_medium;
pub(crate) mod verify_medium;
