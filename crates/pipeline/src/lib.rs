#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cat;
mod config;
mod entry_order;
mod error;
mod folder_item;
mod gather;
mod image_item;
mod listing;
mod look_up;
mod medium;
mod observer;
mod parts;
mod pool;
mod rows;
mod scan;
mod scribe;
mod stream;
mod verdict;
mod verify;

pub use cat::{CatError, CatPart, CatReport, cat, cat_stream};
pub use config::ScanConfig;
pub use error::ScanError;
pub use listing::{Listed, Listing, Wanted, list};
pub use look_up::{Described, LookedUp, NamePlace, describe, look_up};
pub use observer::{Event, Observer, Stage};
pub use scan::{ItemResult, ScanReport, scan};
pub use scribe::Scribe;
pub use verify::{MediumVerdict, verify_medium};
