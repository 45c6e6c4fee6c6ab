//! The phases of an image, each a type with one step to the next: opened, gathered, planned, registered, indexed, certified.

pub(crate) mod certified;
pub(crate) mod gathered;
pub(crate) mod indexed;
pub(crate) mod opened;
pub(crate) mod planned;
pub(crate) mod registered;
