#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cat;
mod cat_error;
mod cat_stream;
mod content_reader;
mod entry_order;
mod listed_entry;
mod lister;
mod listing;
mod listing_scope;
mod look_up;
mod pool;
mod record_cache;
mod stream_copy;

pub use cat::cat;
pub use cat_error::CatError;
pub use cat_stream::cat_stream;
pub use content_reader::{CatPart, ContentReader};
pub use listed_entry::ListedEntry;
pub use listing::{Listing, list};
pub use listing_scope::ListingScope;
pub use look_up::{NamePlace, PathTarget, RecordDescription, describe, look_up};
pub use pool::LookError;
pub use stream_copy::CatReport;
