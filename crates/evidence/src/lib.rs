//! evidence
#![forbid(unsafe_code)]
