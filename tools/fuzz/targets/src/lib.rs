#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a target says that it found something by a panic"
)]

mod targets;

mod bloom_ranking;
mod codec;
mod compiled_set;
mod container;
mod custody_record;
mod division;
mod file_system;
mod hash_set_file;

mod checksums;
mod look;
mod mutants;
mod mutation;
mod packed;
mod processor;

pub use mutants::{run as mutants, run_container as container_mutants};
pub use mutation::{Numbers, mutate};
pub use packed::{MOST_BYTES, Packed, Touched, pack};
pub use processor::{Thread, processor_time};
pub use targets::{Input, TARGETS, Target, target};
