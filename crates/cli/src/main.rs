//! athar
#![forbid(unsafe_code)]
fn main() {}
