//! One file a command.

pub(crate) mod case;
pub(crate) mod cat;
pub(crate) mod custody;
pub(crate) mod export;
pub(crate) mod find;
pub(crate) mod hash_set;
pub(crate) mod scan;
