#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cat;
mod entry_order;
mod kept_records;
mod listing;
mod look_up;
mod pool;

pub use cat::{CatError, CatPart, CatReport, cat, cat_stream};
pub use listing::{Listed, Listing, Wanted, list};
pub use look_up::{Described, LookedUp, NamePlace, describe, look_up};
pub use pool::LookError;
