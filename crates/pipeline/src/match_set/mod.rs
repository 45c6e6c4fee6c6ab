//! New hash sets against a case that is indexed.

pub(crate) mod match_case;
