#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]
#![deny(unsafe_code)]

mod concatenation;
mod crc32;
mod hole_map;
mod index;
mod machine_memory;
mod mapped;
mod memory;
mod positioned;
mod prefetch;
mod problem;
mod read;
mod readable_pages;
mod scratch;
mod section;
mod source;
mod structure;

pub use concatenation::Concatenation;
pub use crc32::{crc32, crc32c};
pub use index::{index, length};
pub use machine_memory::{available_memory_bytes, machine_memory_bytes};
pub use mapped::MappedFile;
pub use memory::MemorySource;
pub use positioned::PositionedFile;
pub use prefetch::prefetch;
pub use problem::{Expected, Problem, ProblemKind, Severity};
pub use read::{read_available, read_exact, read_vec};
pub use scratch::{Scratch, SourceId, Tools};
pub use section::Section;
pub use source::{BadReason, Piece, Source, Visitor};
pub use structure::{OutOfBounds, Structure};
