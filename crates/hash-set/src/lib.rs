#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod set_info;

mod compiled;
mod import;
mod library;

pub use import::{
    ColumnRole, Format, ImportError, ImportNote, ImportOptions, ImportReport, Outcome, Position, Progress,
    RejectReason, Rejection, Stage,
};
pub use library::{DamageKind, Finding, HashSetError, Library};
pub use set_info::{AlgorithmCount, SetInfo, Tally};
