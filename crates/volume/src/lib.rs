#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod contract;
mod divide;

mod apm;
mod boot_record;
mod gpt;
mod lvm2;
mod mbr;
mod medium;

mod encryption;
mod member;
mod partition_type;
mod parts;
mod signature;

pub use contract::{Division, Extent, Member, Role, Scheme, Volume};
pub use divide::divide;
pub use encryption::SECOND_LUKS2_HEADER;
