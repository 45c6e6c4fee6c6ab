//! New hash sets against a case that is indexed.

pub(crate) mod entry_bits;
pub(crate) mod match_case;
pub(crate) mod set_match;
pub(crate) mod set_matcher;
pub(crate) mod version_order;
