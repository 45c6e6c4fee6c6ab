//! case-store
#![forbid(unsafe_code)]
