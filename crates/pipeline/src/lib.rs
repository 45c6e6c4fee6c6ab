#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod bad_ranges;
mod batch;
mod beside;
mod cat;
mod collision;
mod config;
mod entry_order;
mod error;
mod folder_item;
mod gather;
mod image_item;
mod image_rows;
mod kept;
mod listing;
mod look_up;
mod matching;
mod medium;
mod observer;
mod part_rows;
mod parts;
mod pool;
mod rows;
mod scan;
mod scribe;
mod stream;
mod sweep;
mod turn_observer;
mod turns;
mod verdict;
mod verify;

pub use beside::beside;
pub use cat::{CatError, CatPart, CatReport, cat, cat_stream};
pub use collision::{ContentReader, check_content};
pub use config::ScanConfig;
pub use error::ScanError;
pub use listing::{Listed, Listing, Wanted, list};
pub use look_up::{Described, LookedUp, NamePlace, describe, look_up};
pub use matching::{MatchReport, SetMatch, match_case};
pub use observer::{Event, Observer, Stage};
pub use scan::{ItemResult, ScanReport, scan};
pub use scribe::Scribe;
pub use verify::{MediumVerdict, verify_medium};
