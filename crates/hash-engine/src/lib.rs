#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod blake3_tree;
mod block;
mod collision;
mod compression;
mod engine;
mod job;
mod lane;
mod lanes;
mod message_state;
mod midstates;
mod queue;
pub mod reference;
mod schedule;
mod selection;
mod simd;
mod state_bytes;
mod streaming;
mod zero_states;

pub use collision::CollisionDetector;
pub use engine::Engine;
pub use job::Job;
pub use lanes::Lanes;
pub use message_state::MessageState;
pub use selection::Selection;
pub use state_bytes::StateError;
pub use streaming::StreamHasher;
pub use zero_states::{ZERO_STEP_BYTES, ZERO_STEPS};
