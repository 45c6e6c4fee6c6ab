//! hash-set
#![forbid(unsafe_code)]
