#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod campaign;
mod churn;
mod compare;
mod content;
mod disk;
mod disk_state;
mod examine;
mod figures;
mod file_systems;
mod mount;
mod mtools;
mod names;
mod opening;
mod operations;
mod programs;
mod random;
mod scan;
mod shrink;
mod truth;
mod volume;
mod watch;

pub use campaign::{Campaign, campaign};
pub use compare::{Difference, Verdict};
pub use disk::{OPERATIONS, Recipe};
pub use disk_state::DiskState;
pub use examine::{Examined, Examiner};
pub use figures::Figures;
pub use file_systems::{FILE_SYSTEMS, FileSystem};
pub use shrink::shrink;
