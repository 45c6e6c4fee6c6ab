#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod set_info;

mod compiled;
mod import;
mod library;

pub use import::{
    CareList, CareListError, CategoryMapping, ColumnRole, DeltaFault, Format, ImportError, ImportNote,
    ImportOptions, ImportReport, MappingError, Outcome, Position, Progress, RejectReason, Rejection, Stage,
};
pub use library::{DamageKind, Finding, HashSetError, Library};
pub use set_info::{AlgorithmCount, FileIdentity, SetInfo, Tally};
