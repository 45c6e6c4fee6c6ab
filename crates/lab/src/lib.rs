#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod case_files;
mod durable;
mod error;
mod key_file;
mod lab;
mod private_file;
mod random;
mod scan_lock;
mod settings;
mod trusted_checkpoints;

pub use durable::make_durable;
pub use error::LabError;
pub use lab::Lab;
pub use private_file::{make_folder, write_privately};
pub use random::random;
pub use settings::LabSettings;
