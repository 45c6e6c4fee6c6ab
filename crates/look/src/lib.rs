#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cat;
mod content_reader;
mod entry_order;
mod listed_entry;
mod listing;
mod look_up;
mod pool;
mod record_cache;

pub use cat::{CatError, CatPart, CatReport, cat, cat_stream};
pub use content_reader::ContentReader;
pub use listed_entry::ListedEntry;
pub use listing::{Listing, ListingScope, list};
pub use look_up::{NamePlace, PathTarget, RecordDescription, describe, look_up};
pub use pool::LookError;
