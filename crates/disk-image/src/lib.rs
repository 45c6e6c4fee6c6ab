#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod contract;
mod opening;
mod registry;

mod dmg;
mod ewf;
mod ewf2;
mod qcow;
mod raw;
mod vdi;
mod vhd;
mod vhdx;
mod vmdk;

mod unsupported;

mod beside;
mod bounds;
mod content_types;
mod date;
mod image;
mod length_limit;
mod logical;
mod mapped_medium;
mod parent;
mod problems;
mod stored_digest;
mod tail;
mod xml;
mod zip;

pub use content_types::{CONTAINER_TYPES, container_type};
pub use contract::{Claim, Container, ImageError, Neighbours, OpenedImage, Segment};
pub use logical::{LogicalData, LogicalEntry, LogicalTimes};
pub use registry::open;
pub use stored_digest::StoredDigest;
