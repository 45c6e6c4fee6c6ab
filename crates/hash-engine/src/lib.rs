#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod selection;
mod streaming;

pub use selection::Selection;
pub use streaming::StreamHasher;
