#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod contract;

pub use contract::{Claim, Container, ImageError, Neighbours, OpenedImage, Segment, StoredDigest};
