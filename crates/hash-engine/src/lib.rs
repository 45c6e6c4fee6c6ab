#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod blake3_tree;
mod lanes;
mod message_state;
mod midstates;
mod path;
mod selection;
mod state_bytes;
mod streaming;

pub use lanes::{Job, Lanes};
pub use message_state::MessageState;
pub use path::Path;
pub use selection::Selection;
pub use state_bytes::StateError;
pub use streaming::StreamHasher;
