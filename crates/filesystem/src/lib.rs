#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod contract;
mod extents;
mod pump;
mod registry;
mod slack;

mod exfat;
mod ext;
mod fat;
mod ntfs;
mod recognised_only;

pub use contract::{
    Allocation, AllocationUnits, Census, Codec, Coded, Confidence, Detail, Extension, FileSystem,
    FileSystemKind, Found, Layout, Link, LinkParent, NameSpace, OpenOptions, Owner, Place,
    Recognised, Record, RecordId, RecordKind, RecordRef, RecordSpace, Run, SecurityOwner, Space,
    Stream, StreamKind, Summary, Tally,
};
pub use extents::{Extents, extents};
pub use pump::{pump, pump_from, pump_range, visit_runs};
pub use registry::{Format, Opener, recognise};
pub use slack::{Slack, slack};
